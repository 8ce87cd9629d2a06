"""The paths of the engine's WebSocket ports."""

WORKERS = "/"
"""Where workers connect."""

TELEMETRY = "/otel"
"""Where workers send traces, metrics and logs."""

CHANNELS = "/ws/channels/"
"""The prefix of the path of a channel; the channel's id follows."""

STREAMS = "/"
"""Where viewers connect, on the port of streams."""
