//! Trigger types of a worker's own.

use async_trait::async_trait;
use serde_json::Value;

use crate::Error;

pub use old::Trigger;

#[derive(Clone)]
pub struct TriggerConfig {
    pub id: String,
    pub function_id: String,
    pub config: Value,
    pub metadata: Option<Value>,
    pub namespace: Option<String>,
}

#[async_trait]
pub trait TriggerHandler: Send + Sync {
    async fn register_trigger(&self, config: TriggerConfig) -> Result<(), Error>;
    async fn unregister_trigger(&self, config: TriggerConfig) -> Result<(), Error>;
}

/// A handler as the older SDK calls it.
pub(crate) struct Adapted<H>(pub(crate) H);

#[async_trait]
impl<H: TriggerHandler> old::TriggerHandler for Adapted<H> {
    async fn register_trigger(&self, config: old::TriggerConfig) -> Result<(), Error> {
        self.0.register_trigger(newer(config)).await
    }

    async fn unregister_trigger(&self, config: old::TriggerConfig) -> Result<(), Error> {
        self.0.unregister_trigger(newer(config)).await
    }
}

fn newer(config: old::TriggerConfig) -> TriggerConfig {
    TriggerConfig {
        id: config.id,
        function_id: config.function_id,
        config: config.config,
        metadata: config.metadata,
        namespace: None,
    }
}
