//! Functions that change which functions this worker offers while it runs.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use iii_sdk::runtime::FunctionRef;
use iii_sdk::{Error, IIIClient, RegisterFunction};
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::functions::echo;

pub fn offer(worker: &IIIClient) {
    let offered = Arc::new(Offered {
        worker: worker.clone(),
        functions: Mutex::default(),
    });
    let here = offered.clone();
    worker.register_function(
        "conformance::register",
        RegisterFunction::new_async(move |asked: Named| register(here.clone(), asked))
            .description("Offer one more function, which echoes."),
    );
    worker.register_function(
        "conformance::unregister",
        RegisterFunction::new_async(move |asked: Named| unregister(offered.clone(), asked))
            .description("Stop offering a function that `register` added."),
    );
}

/// What was added, by its ids.
struct Offered {
    worker: IIIClient,
    functions: Mutex<HashMap<String, FunctionRef>>,
}

#[derive(Deserialize, JsonSchema)]
pub struct Named {
    pub id: String,
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

fn extra(id: &str) -> String {
    format!("conformance::extra::{id}")
}

pub fn unknown(id: &str) -> Error {
    Error::Handler(format!("there is no {id:?}"))
}

pub fn lock<T>(kept: &Mutex<T>) -> MutexGuard<'_, T> {
    kept.lock().unwrap_or_else(PoisonError::into_inner)
}
