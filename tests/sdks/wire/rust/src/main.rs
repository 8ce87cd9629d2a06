//! The functions that the wire transcripts of the SDK for Rust were recorded with.

#![allow(deprecated)]

use std::env;
use std::thread;
use std::time::{Duration, Instant};

use async_trait::async_trait;
use iii_sdk::protocol::{RegisterTriggerInput, TriggerRequest, TriggerRequestWithMetadata};
use iii_sdk::trigger::{TriggerConfig, TriggerHandler};
use iii_sdk::{
    Dispatch, Error, IIIClient, InitOptions, RegisterFunction, RegisterTriggerType, TriggerAction,
    register_worker_from_env,
};
use serde_json::{Value, json};
use tokio::signal::unix::{SignalKind, signal};
use tokio::time::sleep;

struct Trig;

#[async_trait]
impl TriggerHandler for Trig {
    async fn register_trigger(&self, trigger: TriggerConfig) -> Result<(), Error> {
        match trigger.config["fail"] {
            Value::Bool(true) => Err(Error::Runtime("trigger boom".into())),
            _ => Ok(()),
        }
    }

    async fn unregister_trigger(&self, _: TriggerConfig) -> Result<(), Error> {
        Ok(())
    }
}

async fn echo(data: Value) -> Result<Value, Error> {
    Ok(data)
}

async fn fail(data: Value) -> Result<Value, Error> {
    let why = data["why"].as_str().unwrap_or("no reason");
    Err(Error::Handler(format!("boom: {why}")))
}

async fn failstr(_: Value) -> Result<Value, Error> {
    Err(Error::Remote {
        code: "my_code".into(),
        message: "custom".into(),
        stacktrace: None,
    })
}

async fn panics(_: Value) -> Result<Value, Error> {
    panic!("boom")
}

async fn none(_: Value) -> Result<(), Error> {
    Ok(())
}

async fn nan(_: Value) -> Result<Value, Error> {
    Ok(json!({ "nan": f64::NAN, "inf": f64::INFINITY }))
}

async fn slow(data: Value) -> Result<Value, Error> {
    sleep(seconds(&data)).await;
    Ok(slept(data))
}

async fn slow_sync(data: Value) -> Result<Value, Error> {
    thread::sleep(seconds(&data));
    Ok(slept(data))
}

fn seconds(data: &Value) -> Duration {
    Duration::from_secs_f64(data["seconds"].as_f64().unwrap_or(1.0))
}

fn slept(mut data: Value) -> Value {
    if let Some(fields) = data.as_object_mut() {
        let seconds = fields.remove("seconds").unwrap_or_else(|| json!(1.0));
        fields.insert("slept".into(), seconds);
    }
    data
}

async fn meta(data: Value, metadata: Option<Value>) -> Result<Value, Error> {
    Ok(json!({ "data": data, "metadata": metadata }))
}

async fn caller(worker: IIIClient, asked: Value) -> Result<Value, Error> {
    if let Some(delay) = asked["delay"].as_f64() {
        sleep(Duration::from_secs_f64(delay)).await;
    }
    let began = Instant::now();
    Ok(match worker.trigger(request(&asked)).await {
        Ok(result) => json!({ "ok": result }),
        Err(fault) => {
            let after = began.elapsed().as_secs_f64();
            json!({ "err": format!("{fault:?}"), "msg": fault.to_string(), "after": after })
        }
    })
}

fn request(asked: &Value) -> TriggerRequestWithMetadata {
    let mut request = TriggerRequestWithMetadata::from(TriggerRequest {
        function_id: asked["target"].as_str().unwrap_or_default().into(),
        payload: asked["payload"].clone(),
        action: match asked["action"].as_str() {
            Some("void") => Some(TriggerAction::Void),
            Some("enqueue") => Some(TriggerAction::Enqueue { queue: "q1".into() }),
            _ => None,
        },
        timeout_ms: asked["timeout_ms"].as_u64(),
    });
    if let Some(namespace) = asked["namespace"].as_str() {
        request = request.namespace(namespace);
    }
    if !asked["metadata"].is_null() {
        request = request.metadata(asked["metadata"].clone());
    }
    if asked["dispatch"] == "remote" {
        request = request.dispatch(Dispatch::Remote);
    }
    request
}

fn offer(worker: &IIIClient) -> Result<(), Error> {
    let trig = RegisterTriggerType::new("test::trig", "a custom trigger type", Trig);
    worker.register_trigger_type(trig);
    let described = RegisterFunction::new_async(echo).description("echoes");
    worker.register_function("test::echo", described);
    worker.register_function("test::fail", RegisterFunction::new_async(fail));
    worker.register_function("test::failstr", RegisterFunction::new_async(failstr));
    worker.register_function("test::panic", RegisterFunction::new_async(panics));
    worker.register_function("test::none", RegisterFunction::new_async(none));
    worker.register_function("test::nan", RegisterFunction::new_async(nan));
    worker.register_function("test::slow", RegisterFunction::new_async(slow));
    worker.register_function("test::slow_sync", RegisterFunction::new_async(slow_sync));
    let owned = RegisterFunction::new_async(meta).metadata(json!({ "owner": "me" }));
    worker.register_function("test::meta", owned);
    let client = worker.clone();
    let calls = RegisterFunction::new_async(move |asked: Value| caller(client.clone(), asked));
    worker.register_function("test::caller", calls);
    worker.register_trigger(RegisterTriggerInput::new(
        "http",
        "test::echo",
        json!({ "api_path": "/echo", "http_method": "POST" }),
    ))?;
    Ok(())
}

/// Register something after a second, and take it back a second later.
async fn come_and_go(worker: &IIIClient) -> Result<(), Error> {
    sleep(Duration::from_secs(1)).await;
    let late = worker.register_function("test::late", RegisterFunction::new_async(echo));
    let cron = worker.register_trigger(RegisterTriggerInput::new(
        "cron",
        "test::late",
        json!({ "expression": "0 * * * * *" }),
    ))?;
    sleep(Duration::from_secs(1)).await;
    cron.unregister();
    late.unregister();
    worker.unregister_trigger_type("test::trig");
    Ok(())
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let handled = env::var_os("WIRE_UNHANDLED").is_none();
    let signals = if handled {
        Some((signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?))
    } else {
        None
    };
    let worker = register_worker_from_env(InitOptions::default());
    offer(&worker)?;
    if env::var_os("WIRE_LATE").is_some() {
        come_and_go(&worker).await?;
    }
    match signals {
        Some((mut terminate, mut interrupt)) => tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        },
        None => std::future::pending().await,
    }
    worker.shutdown();
    Ok(())
}
