//! A trigger type of this worker's own: it happens when `conformance::fire` is called.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use iii_sdk::protocol::{TriggerRequest, TriggerRequestWithMetadata};
use iii_sdk::trigger::{TriggerConfig, TriggerHandler};
use iii_sdk::{Error, IIIClient, RegisterFunction, RegisterTriggerType, TriggerAction};
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Value, json};

pub fn offer(worker: &IIIClient) {
    let ticks = Ticks::default();
    worker.register_trigger_type(RegisterTriggerType::new(
        "conformance-tick",
        "Happens when conformance::fire is called.",
        ticks.clone(),
    ));
    let here = ticks.clone();
    worker.register_function(
        "conformance::bindings",
        RegisterFunction::new_async(move |data: Value| bindings(here.clone(), data))
            .description("Return the triggers of this worker's own type."),
    );
    let client = worker.clone();
    worker.register_function(
        "conformance::fire",
        RegisterFunction::new_async(move |asked: Fire| fire(client.clone(), ticks.clone(), asked))
            .description("Call the function of a trigger, as if its event had happened."),
    );
}

/// The triggers that wait for a tick, by their ids.
#[derive(Clone, Default)]
struct Ticks(Arc<Mutex<HashMap<String, TriggerConfig>>>);

#[async_trait]
impl TriggerHandler for Ticks {
    /// Take a trigger; after a reconnect the same one comes again and replaces itself.
    async fn register_trigger(&self, trigger: TriggerConfig) -> Result<(), Error> {
        if trigger.config["reject"] == true {
            return Err(Error::Handler("this trigger asks to be rejected".into()));
        }
        self.kept().insert(trigger.id.clone(), trigger);
        Ok(())
    }

    async fn unregister_trigger(&self, trigger: TriggerConfig) -> Result<(), Error> {
        self.kept().remove(&trigger.id);
        Ok(())
    }
}

impl Ticks {
    fn kept(&self) -> MutexGuard<'_, HashMap<String, TriggerConfig>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

async fn bindings(ticks: Ticks, _: Value) -> Result<Value, Error> {
    let told: Vec<Value> = ticks
        .kept()
        .values()
        .map(|trigger| {
            json!({
                "id": trigger.id,
                "function_id": trigger.function_id,
                "config": trigger.config,
                "metadata": trigger.metadata,
                "namespace": trigger.namespace,
            })
        })
        .collect();
    Ok(json!({ "bindings": told }))
}

#[derive(Deserialize, JsonSchema)]
struct Fire {
    id: String,
    #[serde(default)]
    data: Value,
}

async fn fire(worker: IIIClient, ticks: Ticks, asked: Fire) -> Result<Value, Error> {
    let found = ticks.kept().get(&asked.id).cloned();
    let trigger = found.ok_or_else(|| Error::Remote {
        code: "not_found".into(),
        message: format!("no trigger has the id {:?}", asked.id),
        stacktrace: None,
    })?;
    let mut request = TriggerRequestWithMetadata::from(TriggerRequest {
        function_id: trigger.function_id,
        payload: asked.data,
        action: Some(TriggerAction::Void),
        timeout_ms: None,
    });
    if let Some(metadata) = trigger.metadata {
        request = request.metadata(metadata);
    }
    if let Some(namespace) = trigger.namespace {
        request = request.namespace(namespace);
    }
    worker.trigger(request).await?;
    Ok(json!({ "fired": true }))
}
