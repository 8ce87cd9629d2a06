//! Requests.

use serde_json::Value;

pub use old::TriggerRequest;

pub struct RegisterTriggerInput {
    pub(crate) trigger_type: String,
    pub(crate) function_id: String,
    pub(crate) config: Value,
}

impl RegisterTriggerInput {
    pub fn new(
        trigger_type: impl Into<String>,
        function_id: impl Into<String>,
        config: Value,
    ) -> Self {
        Self {
            trigger_type: trigger_type.into(),
            function_id: function_id.into(),
            config,
        }
    }
}

pub struct TriggerRequestWithMetadata(pub(crate) TriggerRequest);

impl From<TriggerRequest> for TriggerRequestWithMetadata {
    fn from(request: TriggerRequest) -> Self {
        Self(request)
    }
}

impl TriggerRequestWithMetadata {
    pub fn metadata(self, _: Value) -> Self {
        self
    }

    pub fn namespace(self, _: impl Into<String>) -> Self {
        self
    }
}
