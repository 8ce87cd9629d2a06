//! A trigger type of this worker's own: it happens when `conformance::fire` is called.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

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
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        kept.insert(trigger.id.clone(), trigger);
        Ok(())
    }

    async fn unregister_trigger(&self, trigger: TriggerConfig) -> Result<(), Error> {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        kept.remove(&trigger.id);
        Ok(())
    }
}

impl Ticks {
    fn find(&self, id: &str) -> Option<TriggerConfig> {
        let kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        kept.get(id).cloned()
    }
}

#[derive(Deserialize, JsonSchema)]
struct Fire {
    id: String,
    #[serde(default)]
    data: Value,
}

async fn fire(worker: IIIClient, ticks: Ticks, asked: Fire) -> Result<Value, Error> {
    let trigger = ticks.find(&asked.id).ok_or_else(|| Error::Remote {
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
