//! The part of SDK 0.25 that the reference worker uses, on SDK 0.11.6.
//!
//! What 0.11.6 cannot do is left out: metadata and namespaces never reach a handler or a call.

use std::env;

pub use old::{IIIError as Error, InitOptions, TriggerAction};

pub mod channel {
    pub use old::{ChannelReader, ChannelWriter, StreamChannelRef};
}
pub mod protocol;
mod registering;
pub mod trigger;

pub mod runtime {
    pub use old::FunctionRef;
}

pub use registering::{RegisterFunction, RegisterTriggerType};

use old::FunctionRef;
use protocol::{RegisterTriggerInput, TriggerRequestWithMetadata};
use serde_json::Value;
use trigger::{Adapted, Trigger, TriggerHandler};

#[derive(Clone)]
pub struct IIIClient(old::III);

pub fn register_worker_from_env(options: InitOptions) -> IIIClient {
    let address = env::var("III_URL").unwrap_or_else(|_| "ws://127.0.0.1:49134".into());
    register_worker(&address, options)
}

pub fn register_worker(address: &str, options: InitOptions) -> IIIClient {
    IIIClient(old::register_worker(address, options))
}

impl IIIClient {
    pub fn register_function(
        &self,
        id: impl Into<String>,
        registration: RegisterFunction,
    ) -> FunctionRef {
        let RegisterFunction {
            mut message,
            handler,
        } = registration;
        message.id = id.into();
        self.0
            .register_function_with(message, move |data: Value| handler(data))
    }

    pub fn register_trigger(&self, input: RegisterTriggerInput) -> Result<Trigger, Error> {
        self.0.register_trigger(old::RegisterTriggerInput {
            trigger_type: input.trigger_type,
            function_id: input.function_id,
            config: input.config,
            metadata: None,
        })
    }

    pub fn register_trigger_type<H: TriggerHandler + 'static>(
        &self,
        registration: RegisterTriggerType<H>,
    ) {
        self.0.register_trigger_type(old::RegisterTriggerType::new(
            registration.id,
            registration.description,
            Adapted(registration.handler),
        ));
    }

    pub async fn trigger(
        &self,
        request: impl Into<TriggerRequestWithMetadata>,
    ) -> Result<Value, Error> {
        self.0.trigger(request.into().0).await
    }

    pub fn address(&self) -> &str {
        self.0.address()
    }

    pub fn shutdown(&self) {
        self.0.shutdown();
    }
}
