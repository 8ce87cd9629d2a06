"""What the engine can be asked to advertise of protocol 0.25."""

OBSERVE = "observe.v1"
LOCAL_DISPATCH = "local-dispatch.v1"
LARGE_MESSAGES = "large-messages.v1"
FEATURES = (OBSERVE, LOCAL_DISPATCH, LARGE_MESSAGES)
