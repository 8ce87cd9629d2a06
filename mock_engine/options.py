"""Which modules an engine's configuration may name, and which options each has.

The names are those of the iii engine: classes up to 0.10, worker names since 0.11.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Option:
    """The values that a key may have: a type, a choice, a least number, or keys of its own.

    ``items`` describes the items of a list, or the values of a mapping with any keys. A ``needed``
    key must be present. ``refused`` is why an option of the iii engine is not supported here;
    ``refuses`` is the same for single values.
    """

    kind: type | tuple[type, ...]
    choices: tuple[str, ...] = ()
    least: int | None = None
    most: int | None = None
    fields: Mapping[str, Option] | None = None
    items: Option | None = None
    needed: bool = False
    refused: str | None = None
    refuses: Mapping[str, str] = field(default_factory=dict)

    def allows(self, value: Any) -> bool:
        """Whether ``value`` is valid here."""
        kinds = self.kind if isinstance(self.kind, tuple) else (self.kind,)
        if isinstance(value, bool) and bool not in kinds:
            return False
        if not _is_a(value, kinds) or (self.choices and value not in self.choices):
            return False
        low, high = self.least, self.most
        return (low is None or value >= low) and (high is None or value <= high)

    def describe(self) -> str:
        """The valid values, in words."""
        if self.choices:
            return "one of " + ", ".join(self.choices)
        kinds = self.kind if isinstance(self.kind, tuple) else (self.kind,)
        words = {
            int: "a whole number",
            float: "a number",
            str: "text",
            bool: "true or false",
            list: "a list",
            dict: "a mapping",
        }
        kinds_text = " or ".join(words.get(kind, kind.__name__) for kind in kinds)
        bounds = [f"at least {self.least}"] if self.least is not None else []
        bounds += [f"at most {self.most}"] if self.most is not None else []
        return " ".join([kinds_text, *bounds])


def _is_a(value: object, kinds: tuple[type, ...]) -> bool:
    return isinstance(value, kinds)


TEXT = Option(str)
FLAG = Option(bool)
NUMBER = Option((int, float))
COUNT = Option(int, least=0)
MILLISECONDS = Option(int, least=0)
PORT = Option(int, least=0, most=65535)
LIST = Option(list)
TEXTS = Option(list, items=TEXT)
FUNCTION = Option(str, needed=True)
STORE = {
    "store_method": Option(str, choices=("in_memory", "file_based")),
    "file_path": TEXT,
    "save_interval_ms": MILLISECONDS,
}
LOCKS = {"lock_ttl_ms": MILLISECONDS, "lock_index": TEXT}


def adapter(
    kinds: Mapping[str, str], lacking: Mapping[str, str], config: Mapping[str, Option]
) -> Option:
    """An adapter: those that this engine has, and those it is ``lacking``, by name and class."""
    reason = f"this engine has only the adapters {', '.join(kinds)}"
    elsewhere = dict.fromkeys(("amqp_url", "bridge_url"), Option(str, refused=reason))
    names, classes = tuple(kinds), tuple(kinds.values())
    return Option(
        dict,
        fields={
            "name": Option(str, choices=names, refuses=dict.fromkeys(lacking, reason)),
            "class": Option(str, choices=classes, refuses=dict.fromkeys(lacking.values(), reason)),
            "config": Option(dict, fields={"redis_url": TEXT, **elsewhere, **config}),
        },
    )


STATE_ADAPTER = adapter(
    {"kv": "modules::state::adapters::KvStore", "redis": "modules::state::adapters::RedisAdapter"},
    {"bridge": "modules::state::adapters::Bridge"},
    STORE,
)
STREAM_ADAPTER = adapter(
    {
        "kv": "modules::stream::adapters::KvStore",
        "redis": "modules::stream::adapters::RedisAdapter",
    },
    {"bridge": "modules::stream::adapters::Bridge"},
    STORE,
)
QUEUE_ADAPTER = adapter(
    {"builtin": "modules::queue::BuiltinQueueAdapter", "redis": "modules::queue::RedisAdapter"},
    {
        "rabbitmq": "modules::queue::RabbitMQAdapter",
        "bridge": "modules::queue::BridgeAdapter",
    },
    STORE,
)
PUBSUB_ADAPTER = adapter(
    {"local": "modules::pubsub::LocalAdapter", "redis": "modules::pubsub::RedisAdapter"}, {}, {}
)
CRON_ADAPTER = adapter(
    {"kv": "modules::cron::KvCronAdapter", "redis": "modules::cron::RedisCronAdapter"}, {}, LOCKS
)
CORS = Option(
    dict,
    fields={"allowed_origins": TEXTS, "allowed_methods": TEXTS, "allowed_headers": TEXTS},
)
MIDDLEWARE = Option(
    dict,
    fields={
        "function_id": FUNCTION,
        "phase": Option(str, choices=("preHandler",)),
        "priority": Option(int),
    },
)
NAMED_QUEUE = Option(
    dict,
    fields={
        "type": Option(str, choices=("standard", "fifo")),
        "message_group_field": TEXT,
        "max_retries": COUNT,
        "concurrency": Option(int, least=1),
        "backoff_ms": MILLISECONDS,
        "poll_interval_ms": MILLISECONDS,
        "max_priority": Option(int, refused="priorities are for RabbitMQ, which is not here"),
        "priority_field": Option(str, refused="priorities are for RabbitMQ, which is not here"),
    },
)
SAMPLING = Option(
    dict,
    fields={
        "default": NUMBER,
        "rules": Option(
            list,
            items=Option(
                dict,
                fields={
                    "operation": TEXT,
                    "service": TEXT,
                    "rate": Option((int, float), needed=True),
                },
            ),
        ),
        "parent_based": FLAG,
        "rate_limit": Option(dict, fields={"max_traces_per_second": NUMBER}),
    },
)
ALERT = Option(
    dict,
    fields={
        "name": Option(str, needed=True),
        "metric": Option(str, needed=True),
        "threshold": Option((int, float), needed=True),
        "operator": Option(str, choices=(">", ">=", "<", "<=", "==", "!=")),
        "window_seconds": COUNT,
        "cooldown_seconds": COUNT,
        "enabled": FLAG,
        "action": Option((dict, str)),
    },
)
LISTENER = "iii-worker-manager"

TOP_LEVEL: Mapping[str, Option] = {"port": PORT, "modules": LIST, "workers": LIST, "features": LIST}

MODULES: Mapping[str, Mapping[str, Option]] = {
    LISTENER: {
        "host": TEXT,
        "port": PORT,
        "middleware_function_id": TEXT,
        "rbac": Option(
            dict,
            fields={
                "auth_function_id": TEXT,
                "on_function_registration_function_id": TEXT,
                "on_trigger_registration_function_id": TEXT,
                "on_trigger_type_registration_function_id": TEXT,
                "expose_functions": LIST,
            },
        ),
    },
    "iii-http": {
        "host": TEXT,
        "port": PORT,
        "default_timeout": MILLISECONDS,
        "concurrency_request_limit": Option(int, least=1),
        "cors": CORS,
        "body_limit": COUNT,
        "trust_proxy": FLAG,
        "request_id_header": TEXT,
        "ignore_trailing_slash": FLAG,
        "not_found_function": TEXT,
        "middleware": Option(list, items=MIDDLEWARE),
    },
    "iii-state": {"adapter": STATE_ADAPTER, "max_value_bytes": COUNT, "triggers_enabled": FLAG}
    | STORE,
    "iii-stream": {"host": TEXT, "port": PORT, "auth_function": TEXT, "adapter": STREAM_ADAPTER},
    "iii-queue": {"adapter": QUEUE_ADAPTER, "queue_configs": Option(dict, items=NAMED_QUEUE)},
    "iii-pubsub": {"adapter": PUBSUB_ADAPTER},
    "iii-cron": {"adapter": CRON_ADAPTER} | LOCKS,
    "iii-telemetry": {"enabled": FLAG},
    "configuration": {},
    "iii-kv": STORE,
    "iii-http-functions": {
        "security": Option(
            dict,
            fields={"url_allowlist": TEXTS, "block_private_ips": FLAG, "require_https": FLAG},
        )
    },
    "iii-observability": {
        "enabled": FLAG,
        "service_name": TEXT,
        "service_version": TEXT,
        "service_namespace": TEXT,
        "exporter": Option(str, choices=("memory", "otlp", "both")),
        "endpoint": TEXT,
        "sampling_ratio": NUMBER,
        "sampling": SAMPLING,
        "memory_max_spans": COUNT,
        "metrics_enabled": FLAG,
        "metrics_exporter": Option(str, choices=("memory", "otlp")),
        "metrics_retention_seconds": COUNT,
        "metrics_max_count": COUNT,
        "logs_enabled": FLAG,
        "logs_exporter": Option(str, choices=("memory", "otlp", "both")),
        "logs_max_count": COUNT,
        "logs_retention_seconds": COUNT,
        "logs_sampling_ratio": NUMBER,
        "logs_console_output": FLAG,
        "level": Option(str, choices=("trace", "debug", "info", "warn", "error")),
        "format": Option(str, choices=("default", "json")),
        "alerts": Option(list, items=ALERT),
    },
}
"""The options of each module, by its current name."""

BY_CLASS: Mapping[str, str] = {
    "modules::api::RestApiModule": "iii-http",
    "modules::state::StateModule": "iii-state",
    "modules::stream::StreamModule": "iii-stream",
    "modules::queue::QueueModule": "iii-queue",
    "modules::pubsub::PubSubModule": "iii-pubsub",
    "modules::cron::CronModule": "iii-cron",
    "modules::kv_server::KvServer": "iii-kv",
    "modules::observability::OtelModule": "iii-observability",
    "modules::http_functions::HttpFunctionsModule": "iii-http-functions",
}
"""The current name of each class of the older form."""

LACKING: Mapping[str, str] = {
    "modules::shell::ExecModule": "start the processes beside the engine",
    "iii-exec": "start the processes beside the engine",
    "modules::bridge_client::BridgeClientModule": "let a worker connect to both engines",
    "iii-bridge": "let a worker connect to both engines",
}
"""The modules of the iii engine that this one lacks, with what to do instead."""

BY_NAME: Mapping[str, str] = {name: name for name in MODULES}
