//! A function that observes another one, which SDKs before 0.25 cannot.

use iii_sdk::{Error, IIIClient, RegisterFunction, Source};
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Value, json};

pub fn offer(worker: &IIIClient) {
    let client = worker.clone();
    worker.register_function(
        "conformance::observe",
        RegisterFunction::new_async(move |asked: Observed| observe(client.clone(), asked))
            .description("Observe `function_id` with the function `target`."),
    );
}

#[derive(Deserialize, JsonSchema)]
struct Observed {
    function_id: String,
    target: String,
}

async fn observe(worker: IIIClient, asked: Observed) -> Result<Value, Error> {
    let observer = worker.observe(Source::function(asked.function_id), asked.target);
    Ok(json!({ "id": observer.id() }))
}
