//! The well-known functions of the conformance suite, on the official SDK.
//!
//!     cargo build --locked && pytest --worker-cmd=target/debug/conformance-worker
//!
//! The engine's address is in `III_URL`; the worker's name, namespace and token are in the other
//! variables that the SDK reads.

// Since SDK 0.25 triggers are called deprecated, but what the engine serves, HTTP and queues among
// it, still comes through them.
#![allow(deprecated)]

#[cfg(feature = "triggers")]
mod binding;
mod calling;
mod channels;
mod functions;
#[cfg(feature = "observe")]
mod observing;
mod registering;
#[cfg(feature = "triggers")]
mod tick;

use iii_sdk::{InitOptions, register_worker_from_env};
use tokio::signal::unix::{SignalKind, signal};

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    // Before all else: a signal that comes early must end the worker as a late one does.
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;

    let worker = register_worker_from_env(InitOptions::default());
    functions::offer(&worker);
    calling::offer(&worker);
    channels::offer(&worker);
    #[cfg(feature = "observe")]
    observing::offer(&worker);
    registering::offer(&worker);
    #[cfg(feature = "triggers")]
    {
        binding::offer(&worker)?;
        tick::offer(&worker);
    }

    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
    }
    // The process ends with `main`, so the SDK has to be told while it still runs.
    worker.shutdown();
    Ok(())
}
