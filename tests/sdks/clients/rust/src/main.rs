//! A client on the SDK for Rust; see ../../__init__.py for what it is told.

#![allow(deprecated)]

use std::collections::HashMap;
use std::io::{self, BufRead, Write};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use iii_helpers::http::{HttpInvocationConfig, HttpMethod};
use iii_helpers::observability::Logger;
use iii_sdk::helpers::create_channel;
use iii_sdk::protocol::{RegisterTriggerInput, TriggerRequest};
use iii_sdk::trigger::{TriggerConfig, TriggerHandler};
use iii_sdk::{
    Error, IIIClient, InitOptions, RegisterFunction, RegisterTriggerType, TriggerAction,
    register_worker_from_env,
};
use serde_json::{Value, json};

const PATIENCE: Duration = Duration::from_secs(20);

struct Client {
    worker: IIIClient,
    given: HashMap<String, Receiver<Value>>,
}

struct Keeper(Mutex<Sender<Value>>);

impl Keeper {
    fn keep(&self, item: Value) {
        let kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let _ = kept.send(item);
    }
}

#[async_trait]
impl TriggerHandler for Keeper {
    async fn register_trigger(&self, trigger: TriggerConfig) -> Result<(), Error> {
        self.keep(json!({ "function_id": trigger.function_id, "config": trigger.config }));
        Ok(())
    }

    async fn unregister_trigger(&self, trigger: TriggerConfig) -> Result<(), Error> {
        self.keep(json!({ "unregistered": trigger.id }));
        Ok(())
    }
}

impl Client {
    async fn obey(&mut self, asked: &Value) -> Result<Value, Error> {
        let text = |name: &str| asked[name].as_str().unwrap_or_default().to_string();
        match text("do").as_str() {
            "call" => {
                let action = match &asked["action"] {
                    Value::Null => None,
                    Value::String(_) => Some(TriggerAction::Void),
                    queue => Some(TriggerAction::Enqueue {
                        queue: queue["queue"].as_str().unwrap_or_default().into(),
                    }),
                };
                let request = TriggerRequest {
                    function_id: text("function_id"),
                    payload: asked["payload"].clone(),
                    action,
                    timeout_ms: None,
                };
                return self.worker.trigger(request).await;
            }
            "function" => self.function(text("name"), asked["reply"].clone()),
            "url" => {
                let config = HttpInvocationConfig {
                    url: text("url"),
                    method: HttpMethod::Post,
                    timeout_ms: None,
                    headers: HashMap::new(),
                    auth: None,
                };
                self.worker
                    .register_function(text("name"), RegisterFunction::http(config));
            }
            "trigger" => {
                let config = asked["config"].clone();
                let input = RegisterTriggerInput::new(text("kind"), text("function_id"), config);
                self.worker.register_trigger(input)?;
            }
            "kind" => {
                let (kept, given) = channel();
                self.given.insert(text("name"), given);
                let keeper = Keeper(Mutex::new(kept));
                self.worker.register_trigger_type(RegisterTriggerType::new(
                    text("name"),
                    text("name"),
                    keeper,
                ));
            }
            "next" => {
                let given = self.given.get(&text("name"));
                let found = given.and_then(|given| given.recv_timeout(PATIENCE).ok());
                return found.ok_or_else(|| Error::Handler("nothing came".into()));
            }
            "channel" => {
                let channel = create_channel(&self.worker, None).await?;
                channel.writer.write(text("text").as_bytes()).await?;
                channel.writer.close().await?;
                let read = channel.reader.read_all().await?;
                return Ok(Value::String(String::from_utf8_lossy(&read).into_owned()));
            }
            "log" => Logger::new().info(&text("message"), Some(json!({ "from": "client" }))),
            other => return Err(Error::Handler(format!("nobody knows {other}"))),
        }
        Ok(Value::Null)
    }

    fn function(&mut self, id: String, reply: Value) {
        let (kept, given) = channel();
        self.given.insert(id.clone(), given);
        let keeper = Arc::new(Keeper(Mutex::new(kept)));
        let handler = move |data: Value| {
            keeper.keep(data);
            let answer = match reply["fail"].as_str() {
                Some(text) => Err(Error::Handler(text.into())),
                None => Ok(reply.clone()),
            };
            async move { answer }
        };
        self.worker
            .register_function(id, RegisterFunction::new_async(handler));
    }
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut client = Client {
        worker: register_worker_from_env(InitOptions::default()),
        given: HashMap::new(),
    };
    for line in io::stdin().lock().lines() {
        let asked = serde_json::from_str(&line?)?;
        let answer = match client.obey(&asked).await {
            Ok(result) => json!({ "result": result }),
            Err(Error::Remote { code, message, .. }) => {
                json!({ "error": { "code": code, "message": message } })
            }
            Err(fault) => json!({ "error": { "code": "failed", "message": fault.to_string() } }),
        };
        println!("{answer}");
        io::stdout().flush()?;
    }
    client.worker.shutdown();
    Ok(())
}
