//! Functions that change what this worker offers while it runs.

use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use iii_sdk::protocol::RegisterTriggerInput;
use iii_sdk::runtime::FunctionRef;
use iii_sdk::trigger::Trigger;
use iii_sdk::{Error, IIIClient, RegisterFunction};
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::functions::echo;

pub fn offer(worker: &IIIClient) {
    let offered = Arc::new(Offered {
        worker: worker.clone(),
        functions: Mutex::default(),
        triggers: Mutex::default(),
        bound: AtomicUsize::new(1),
    });
    let here = offered.clone();
    worker.register_function(
        "conformance::register",
        RegisterFunction::new_async(move |asked: Named| register(here.clone(), asked))
            .description("Offer one more function, which echoes."),
    );
    let here = offered.clone();
    worker.register_function(
        "conformance::unregister",
        RegisterFunction::new_async(move |asked: Named| unregister(here.clone(), asked))
            .description("Stop offering a function that `register` added."),
    );
    let here = offered.clone();
    worker.register_function(
        "conformance::bind",
        RegisterFunction::new_async(move |asked: Bind| bind(here.clone(), asked))
            .description("Add a trigger on `echo`, or on `function_id`."),
    );
    worker.register_function(
        "conformance::unbind",
        RegisterFunction::new_async(move |asked: Named| unbind(offered.clone(), asked))
            .description("Remove a trigger that `bind` added."),
    );
}

/// What was added, by the ids that were given for it. The SDK keeps those of triggers to itself.
struct Offered {
    worker: IIIClient,
    functions: Mutex<HashMap<String, FunctionRef>>,
    triggers: Mutex<HashMap<String, Trigger>>,
    bound: AtomicUsize,
}

#[derive(Deserialize, JsonSchema)]
struct Named {
    id: String,
}

#[derive(Deserialize, JsonSchema)]
struct Bind {
    r#type: String,
    #[serde(default)]
    config: Value,
    function_id: Option<String>,
}

async fn register(offered: Arc<Offered>, asked: Named) -> Result<Value, Error> {
    let function_id = extra(&asked.id);
    let mut functions = lock(&offered.functions);
    if functions.contains_key(&function_id) {
        return Err(Error::Handler(format!("{function_id} is offered already")));
    }
    let added = offered.worker.register_function(
        function_id.clone(),
        RegisterFunction::new_async(echo).description("Return the data as it came."),
    );
    functions.insert(function_id.clone(), added);
    Ok(json!({ "function_id": function_id }))
}

async fn unregister(offered: Arc<Offered>, asked: Named) -> Result<Value, Error> {
    let function_id = extra(&asked.id);
    let removed = lock(&offered.functions).remove(&function_id);
    removed.ok_or_else(|| unknown(&function_id))?.unregister();
    Ok(json!({ "removed": true }))
}

async fn bind(offered: Arc<Offered>, asked: Bind) -> Result<Value, Error> {
    let target = asked
        .function_id
        .unwrap_or_else(|| "conformance::echo".into());
    let input = RegisterTriggerInput::new(asked.r#type, target, asked.config);
    let trigger = offered.worker.register_trigger(input)?;
    let id = format!("bound-{}", offered.bound.fetch_add(1, Ordering::Relaxed));
    lock(&offered.triggers).insert(id.clone(), trigger);
    Ok(json!({ "id": id }))
}

async fn unbind(offered: Arc<Offered>, asked: Named) -> Result<Value, Error> {
    let removed = lock(&offered.triggers).remove(&asked.id);
    removed.ok_or_else(|| unknown(&asked.id))?.unregister();
    Ok(json!({ "removed": true }))
}

fn extra(id: &str) -> String {
    format!("conformance::extra::{id}")
}

fn unknown(id: &str) -> Error {
    Error::Handler(format!("there is no {id:?}"))
}

fn lock<T>(kept: &Mutex<T>) -> MutexGuard<'_, T> {
    kept.lock().unwrap_or_else(PoisonError::into_inner)
}
