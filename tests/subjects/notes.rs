//! `notes-subject [--bug NAME]`: notes and missions, on the official SDK for Rust.

#![allow(deprecated)]

use std::future::Future;
use std::sync::Arc;

use iii_sdk::protocol::{RegisterTriggerInput, TriggerRequest};
use iii_sdk::{Error, IIIClient, InitOptions, RegisterFunction, register_worker_from_env};
use serde_json::{Value, json};
use tokio::signal::unix::{SignalKind, signal};

struct Notes {
    worker: IIIClient,
    bug: String,
}

impl Notes {
    fn has(&self, bug: &str) -> bool {
        self.bug == bug
    }

    async fn engine(&self, function_id: &str, payload: Value) -> Result<Value, Error> {
        let request = TriggerRequest {
            function_id: function_id.into(),
            payload,
            action: None,
            timeout_ms: None,
        };
        self.worker.trigger(request).await
    }

    async fn store(&self, data: Value) -> Result<Value, Error> {
        let (Some(agent), Some(content)) = (text(&data, "agentId"), text(&data, "content")) else {
            return Ok(json!({ "error": "agentId and content are required" }));
        };
        if self.has("never-stores") {
            return Ok(json!({ "stored": true, "deduplicated": true }));
        }
        let key = format!("note-{}", content.len());
        let note = json!({ "scope": agent, "key": key, "value": content });
        self.engine("state::set", note).await?;
        Ok(json!({ "stored": true, "id": key }))
    }

    async fn recall(&self, data: Value) -> Result<Value, Error> {
        let Some(agent) = text(&data, "agentId") else {
            return Ok(json!({ "error": "agentId is required" }));
        };
        let found = self
            .engine("state::list", json!({ "scope": agent }))
            .await?;
        if self.has("hangs-on-absent") && !found.is_array() {
            std::future::pending::<()>().await;
        }
        let notes = found.as_array().cloned().unwrap_or_default();
        Ok(json!({ "notes": notes }))
    }

    async fn visit(&self, data: Value) -> Result<Value, Error> {
        let Some(mission) = text(&data, "missionId") else {
            return Err(Error::Handler("missing missionId".into()));
        };
        let member = if self.has("operations") {
            "operations"
        } else {
            "ops"
        };
        let change = json!({ "type": "increment", "path": "visits", "by": 1 });
        let update = json!({ "scope": "missions", "key": mission, member: [change] });
        self.engine("state::update", update).await?;
        Ok(json!({ "updated": mission }))
    }

    async fn realm(&self, data: Value) -> Result<Value, Error> {
        let asked = text(&data["path_params"], "id").filter(|_| !self.has("reads-no-request"));
        let Some(id) = text(&data, "id").or(asked) else {
            return Ok(json!({ "status_code": 400, "body": { "error": "missing id" } }));
        };
        Ok(json!({ "status_code": 200, "body": { "id": id } }))
    }
}

/// A text of the data that is not empty.
fn text(data: &Value, name: &str) -> Option<String> {
    let found = data[name].as_str().filter(|text| !text.is_empty());
    found.map(Into::into)
}

fn offer<F>(
    notes: &Arc<Notes>,
    id: &str,
    handler: impl Fn(Arc<Notes>, Value) -> F + Send + Sync + 'static,
) where
    F: Future<Output = Result<Value, Error>> + Send + 'static,
{
    let own = notes.clone();
    let run = move |data: Value| handler(own.clone(), data);
    notes
        .worker
        .register_function(id, RegisterFunction::new_async(run));
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    let notes = Arc::new(Notes {
        worker: register_worker_from_env(InitOptions::default()),
        bug: std::env::args()
            .skip_while(|word| word != "--bug")
            .nth(1)
            .unwrap_or_default(),
    });
    offer(&notes, "memory::store", |n, data| async move {
        n.store(data).await
    });
    offer(&notes, "memory::recall", |n, data| async move {
        n.recall(data).await
    });
    offer(&notes, "mission::visit", |n, data| async move {
        n.visit(data).await
    });
    offer(&notes, "realm::get", |n, data| async move {
        n.realm(data).await
    });
    let route = json!({ "api_path": "/realms/:id", "http_method": "GET" });
    let trigger = RegisterTriggerInput::new("http", "realm::get", route);
    notes.worker.register_trigger(trigger)?;
    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
    }
    notes.worker.shutdown();
    Ok(())
}
