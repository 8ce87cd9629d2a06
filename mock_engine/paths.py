"""The paths of the engine's ports for WebSockets."""

WORKERS = "/"
"""Where workers connect."""

TELEMETRY = "/otel"
"""Where workers send traces, metrics and logs."""

CHANNELS = "/ws/channels/"
"""Where the path of a channel begins; its id follows."""

STREAMS = "/"
"""Where viewers connect, on the port of streams."""
