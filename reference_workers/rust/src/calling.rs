//! A function that calls another one.

use std::time::Duration;

use iii_sdk::protocol::{TriggerRequest, TriggerRequestWithMetadata};
use iii_sdk::{Error, IIIClient, RegisterFunction, TriggerAction};
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Value, json};

pub fn offer(worker: &IIIClient) {
    let client = worker.clone();
    worker.register_function(
        "conformance::call",
        RegisterFunction::new_async(move |asked: Call| call(client.clone(), asked))
            .description("Call another function and return its result or its error."),
    );
}

#[derive(Deserialize, JsonSchema)]
struct Call {
    function_id: String,
    #[serde(default)]
    data: Value,
    timeout_ms: Option<u64>,
    #[serde(default)]
    delay_ms: u64,
    namespace: Option<String>,
    metadata: Option<Value>,
    action: Option<Action>,
}

#[derive(Deserialize, JsonSchema)]
#[serde(untagged)]
enum Action {
    Named(NamedAction),
    /// A queue takes the call, and answers with a receipt.
    Enqueue {
        queue: String,
    },
}

#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
enum NamedAction {
    /// Nobody waits for the answer.
    Void,
}

impl From<Action> for TriggerAction {
    fn from(action: Action) -> Self {
        match action {
            Action::Named(NamedAction::Void) => TriggerAction::Void,
            Action::Enqueue { queue } => TriggerAction::Enqueue { queue },
        }
    }
}

async fn call(worker: IIIClient, asked: Call) -> Result<Value, Error> {
    let mut request = TriggerRequestWithMetadata::from(TriggerRequest {
        function_id: asked.function_id,
        payload: asked.data,
        action: asked.action.map(Into::into),
        timeout_ms: asked.timeout_ms,
    });
    if let Some(namespace) = asked.namespace {
        request = request.namespace(namespace);
    }
    if let Some(metadata) = asked.metadata {
        request = request.metadata(metadata);
    }
    tokio::time::sleep(Duration::from_millis(asked.delay_ms)).await;
    Ok(match worker.trigger(request).await {
        Ok(result) => json!({ "result": result }),
        Err(fault) => {
            let (code, message) = told(fault);
            json!({ "error": { "code": code, "message": message } })
        }
    })
}

/// The code and the message of a call that failed.
fn told(fault: Error) -> (String, String) {
    match fault {
        Error::Remote { code, message, .. } => (code, message),
        Error::Timeout => ("TIMEOUT".into(), fault.to_string()),
        other => ("invocation_failed".into(), other.to_string()),
    }
}
