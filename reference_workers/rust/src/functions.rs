//! Functions that need nothing but their data. The SDK makes their formats from their types.

use std::collections::BTreeMap;
use std::time::Duration;

use iii_sdk::{Error, IIIClient, RegisterFunction};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

pub fn offer(worker: &IIIClient) {
    worker.register_function(
        "conformance::echo",
        RegisterFunction::new_async(echo).description("Return the data as it came."),
    );
    worker.register_function(
        "conformance::fail",
        RegisterFunction::new_async(fail).description("Fail as the data says."),
    );
    worker.register_function(
        "conformance::crash",
        RegisterFunction::new_async(crash).description("Fail as a programming mistake does."),
    );
    worker.register_function(
        "conformance::sleep",
        RegisterFunction::new_async(sleep).description("Answer after `ms` milliseconds."),
    );
    worker.register_function(
        "conformance::unserialisable",
        RegisterFunction::new_async(unserialisable).description("Return what is no JSON."),
    );
    worker.register_function(
        "conformance::null",
        RegisterFunction::new_async(null).description("Return nothing."),
    );
    worker.register_function(
        "conformance::large",
        RegisterFunction::new_async(large).description("Return a text of `bytes` characters."),
    );
    worker.register_function(
        "conformance::metadata",
        RegisterFunction::new_async(metadata).description("Return what came beside the data."),
    );
    worker.register_function(
        "conformance::http_echo",
        RegisterFunction::new_async(http_echo).description("Answer a request with its own body."),
    );
    worker.register_function(
        "conformance::inbox",
        RegisterFunction::new_async(inbox).description("Take a message of a topic."),
    );
}

pub async fn echo(data: Value) -> Result<Value, Error> {
    Ok(data)
}

#[derive(Deserialize, JsonSchema)]
struct Failure {
    code: Option<String>,
    message: Option<String>,
}

async fn fail(asked: Failure) -> Result<Value, Error> {
    // Of the SDK's errors, this is the one whose code reaches the caller.
    Err(Error::Remote {
        code: asked.code.unwrap_or_else(|| "invocation_failed".into()),
        message: asked.message.unwrap_or_else(|| "asked to fail".into()),
        stacktrace: None,
    })
}

async fn crash(data: Value) -> Result<Value, Error> {
    panic!("this handler has a mistake in it; it was given {data}")
}

#[derive(Deserialize, JsonSchema)]
struct Sleep {
    #[schemars(range(max = 60_000))]
    ms: u64,
}

#[derive(Serialize, JsonSchema)]
struct Slept {
    slept_ms: u64,
}

async fn sleep(asked: Sleep) -> Result<Slept, Error> {
    tokio::time::sleep(Duration::from_millis(asked.ms)).await;
    Ok(Slept { slept_ms: asked.ms })
}

/// JSON's keys are texts, and a pair is none.
async fn unserialisable(_: Value) -> Result<BTreeMap<(u8, u8), u8>, Error> {
    Ok(BTreeMap::from([((1, 2), 3)]))
}

async fn null(_: Value) -> Result<(), Error> {
    Ok(())
}

#[derive(Deserialize, JsonSchema)]
struct Large {
    #[schemars(range(max = 8_388_608))]
    bytes: usize,
}

async fn large(asked: Large) -> Result<Value, Error> {
    Ok(json!({ "data": "x".repeat(asked.bytes) }))
}

async fn metadata(_: Value, metadata: Option<Value>) -> Result<Value, Error> {
    Ok(json!({ "metadata": metadata }))
}

#[derive(Deserialize, JsonSchema)]
struct Request {
    #[serde(default)]
    body: Value,
}

#[derive(Serialize, JsonSchema)]
struct Response {
    status_code: u16,
    headers: BTreeMap<String, String>,
    body: Value,
}

async fn http_echo(request: Request) -> Result<Response, Error> {
    Ok(Response {
        status_code: 200,
        headers: BTreeMap::from([("content-type".into(), "application/json".into())]),
        body: json!({ "echo": request.body }),
    })
}

async fn inbox(message: Value) -> Result<Value, Error> {
    Ok(json!({ "received": message }))
}
