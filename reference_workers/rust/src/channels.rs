//! Functions that write to a channel, and read from one.

use std::sync::{Arc, Mutex, PoisonError};

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use iii_sdk::channel::{ChannelReader, ChannelWriter, StreamChannelRef};
use iii_sdk::{Error, IIIClient, RegisterFunction};
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Value, json};

pub fn offer(worker: &IIIClient) {
    let address = worker.address().to_string();
    worker.register_function(
        "conformance::write",
        RegisterFunction::new_async(move |asked: Write| write(address.clone(), asked))
            .description("Write `parts`, data in base64 and texts, to a `channel`, and close it."),
    );
    let address = worker.address().to_string();
    worker.register_function(
        "conformance::read",
        RegisterFunction::new_async(move |asked: Read| read(address.clone(), asked))
            .description("Read a `channel` to its end."),
    );
}

#[derive(Deserialize, JsonSchema)]
struct Write {
    channel: Value,
    parts: Vec<Part>,
}

#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
enum Part {
    Base64(String),
    Text(String),
}

#[derive(Deserialize, JsonSchema)]
struct Read {
    channel: Value,
}

async fn write(address: String, asked: Write) -> Result<Value, Error> {
    let writer = ChannelWriter::new(&address, &reference(asked.channel)?);
    for part in &asked.parts {
        match part {
            Part::Text(text) => writer.send_message(text).await?,
            Part::Base64(data) => {
                let data = BASE64_STANDARD.decode(data);
                writer.write(&data.map_err(|e| refused(&e))?).await?;
            }
        }
    }
    writer.close().await?;
    Ok(json!({ "written": asked.parts.len() }))
}

async fn read(address: String, asked: Read) -> Result<Value, Error> {
    let reader = ChannelReader::new(&address, &reference(asked.channel)?);
    let messages = Arc::new(Mutex::new(Vec::new()));
    let heard = messages.clone();
    reader
        .on_message(move |text| {
            heard
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .push(text);
        })
        .await;
    let data = reader.read_all().await?;
    let messages = messages.lock().unwrap_or_else(PoisonError::into_inner);
    Ok(json!({ "base64": BASE64_STANDARD.encode(data), "messages": *messages }))
}

fn reference(channel: Value) -> Result<StreamChannelRef, Error> {
    serde_json::from_value(channel).map_err(|e| refused(&e))
}

fn refused(fault: &dyn std::error::Error) -> Error {
    Error::Handler(fault.to_string())
}
