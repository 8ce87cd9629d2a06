//! Triggers, and functions that change which ones this worker has. SDKs since 0.26 have none.

use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use iii_sdk::protocol::RegisterTriggerInput;
use iii_sdk::trigger::Trigger;
use iii_sdk::{Error, IIIClient, RegisterFunction};
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::registering::{Named, lock, unknown};

pub fn offer(worker: &IIIClient) -> Result<(), Error> {
    worker.register_trigger(RegisterTriggerInput::new(
        "http",
        "conformance::http_echo",
        json!({ "api_path": "/conformance/echo", "http_method": "POST" }),
    ))?;
    worker.register_trigger(RegisterTriggerInput::new(
        "durable:subscriber",
        "conformance::inbox",
        json!({ "topic": "conformance.inbox" }),
    ))?;
    let bound = Arc::new(Bound {
        worker: worker.clone(),
        triggers: Mutex::default(),
        next: AtomicUsize::new(1),
    });
    let here = bound.clone();
    worker.register_function(
        "conformance::bind",
        RegisterFunction::new_async(move |asked: Bind| bind(here.clone(), asked))
            .description("Add a trigger on `echo`, or on `function_id`."),
    );
    worker.register_function(
        "conformance::unbind",
        RegisterFunction::new_async(move |asked: Named| unbind(bound.clone(), asked))
            .description("Remove a trigger that `bind` added."),
    );
    Ok(())
}

/// What was bound, by the ids that were given for it. The SDK keeps those of triggers to itself.
struct Bound {
    worker: IIIClient,
    triggers: Mutex<HashMap<String, Trigger>>,
    next: AtomicUsize,
}

#[derive(Deserialize, JsonSchema)]
struct Bind {
    r#type: String,
    #[serde(default)]
    config: Value,
    function_id: Option<String>,
}

async fn bind(bound: Arc<Bound>, asked: Bind) -> Result<Value, Error> {
    let target = asked
        .function_id
        .unwrap_or_else(|| "conformance::echo".into());
    let input = RegisterTriggerInput::new(asked.r#type, target, asked.config);
    let trigger = bound.worker.register_trigger(input)?;
    let id = format!("bound-{}", bound.next.fetch_add(1, Ordering::Relaxed));
    lock(&bound.triggers).insert(id.clone(), trigger);
    Ok(json!({ "id": id }))
}

async fn unbind(bound: Arc<Bound>, asked: Named) -> Result<Value, Error> {
    let removed = lock(&bound.triggers).remove(&asked.id);
    removed.ok_or_else(|| unknown(&asked.id))?.unregister();
    Ok(json!({ "removed": true }))
}
