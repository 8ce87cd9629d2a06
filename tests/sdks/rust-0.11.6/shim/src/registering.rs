//! Registrations with the formats made from the types of their handlers.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use old::RegisterFunctionMessage;
use schemars::JsonSchema;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::Error;

type Answer = Pin<Box<dyn Future<Output = Result<Value, Error>> + Send>>;
type Handler = Arc<dyn Fn(Value) -> Answer + Send + Sync>;

pub struct RegisterFunction {
    pub(crate) message: RegisterFunctionMessage,
    pub(crate) handler: Handler,
}

impl RegisterFunction {
    pub fn new_async<F, M>(handler: F) -> Self
    where
        F: AsyncHandler<M>,
    {
        let (request_format, response_format) = F::formats();
        let mut message = RegisterFunctionMessage::with_id(String::new());
        message.request_format = request_format;
        message.response_format = response_format;
        Self {
            message,
            handler: handler.into_handler(),
        }
    }

    pub fn description(mut self, text: impl Into<String>) -> Self {
        self.message.description = Some(text.into());
        self
    }
}

pub struct RegisterTriggerType<H> {
    pub(crate) id: String,
    pub(crate) description: String,
    pub(crate) handler: H,
}

impl<H> RegisterTriggerType<H> {
    pub fn new(id: impl Into<String>, description: impl Into<String>, handler: H) -> Self {
        Self {
            id: id.into(),
            description: description.into(),
            handler,
        }
    }
}

/// A function of its data, or of its data and its metadata; here there is never any of that.
pub trait AsyncHandler<Marker>: Send + Sync + 'static {
    fn into_handler(self) -> Handler;
    fn formats() -> (Option<Value>, Option<Value>);
}

impl<F, T, Fut, R> AsyncHandler<(T, Fut, R)> for F
where
    F: Fn(T) -> Fut + Send + Sync + 'static,
    T: DeserializeOwned + JsonSchema + Send + 'static,
    Fut: Future<Output = Result<R, Error>> + Send + 'static,
    R: Serialize + JsonSchema + Send + 'static,
{
    fn into_handler(self) -> Handler {
        handler(self)
    }

    fn formats() -> (Option<Value>, Option<Value>) {
        (schema::<T>(), schema::<R>())
    }
}

impl<F, T, Fut, R> AsyncHandler<(T, Option<Value>, Fut, R)> for F
where
    F: Fn(T, Option<Value>) -> Fut + Send + Sync + 'static,
    T: DeserializeOwned + JsonSchema + Send + 'static,
    Fut: Future<Output = Result<R, Error>> + Send + 'static,
    R: Serialize + JsonSchema + Send + 'static,
{
    fn into_handler(self) -> Handler {
        handler(move |data| self(data, None))
    }

    fn formats() -> (Option<Value>, Option<Value>) {
        (schema::<T>(), schema::<R>())
    }
}

fn handler<F, T, Fut, R>(call: F) -> Handler
where
    F: Fn(T) -> Fut + Send + Sync + 'static,
    T: DeserializeOwned,
    Fut: Future<Output = Result<R, Error>> + Send + 'static,
    R: Serialize,
{
    Arc::new(move |data| match serde_json::from_value(data) {
        Ok(data) => {
            let answer = call(data);
            Box::pin(async move { Ok(serde_json::to_value(answer.await?)?) })
        }
        Err(fault) => Box::pin(async move { Err(fault.into()) }),
    })
}

fn schema<T: JsonSchema>() -> Option<Value> {
    serde_json::to_value(schemars::schema_for!(T)).ok()
}
