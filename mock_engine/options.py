"""Which modules an engine's configuration may name, and which options each has.

The names are those of the iii engine: classes up to 0.10, worker names since 0.11.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Option:
    """What a key may hold: a type, some values, a least number, or keys of its own."""

    kind: type | tuple[type, ...]
    choices: tuple[str, ...] = ()
    least: int | None = None
    most: int | None = None
    fields: Mapping[str, Option] | None = None

    def allows(self, value: Any) -> bool:
        """Whether ``value`` may stand here."""
        kinds = self.kind if isinstance(self.kind, tuple) else (self.kind,)
        if isinstance(value, bool) and bool not in kinds:
            return False
        if not _is_a(value, kinds) or (self.choices and value not in self.choices):
            return False
        low, high = self.least, self.most
        return (low is None or value >= low) and (high is None or value <= high)

    def describe(self) -> str:
        """What may stand here, in words."""
        if self.choices:
            return "one of " + ", ".join(self.choices)
        kinds = self.kind if isinstance(self.kind, tuple) else (self.kind,)
        words = {int: "a whole number", str: "text", bool: "true or false", list: "a list"}
        told = " or ".join(words.get(kind, kind.__name__) for kind in kinds)
        bounds = [f"at least {self.least}"] if self.least is not None else []
        bounds += [f"at most {self.most}"] if self.most is not None else []
        return " ".join([told, *bounds])


def _is_a(value: object, kinds: tuple[type, ...]) -> bool:
    return isinstance(value, kinds)


TEXT = Option(str)
FLAG = Option(bool)
NUMBER = Option((int, float))
COUNT = Option(int, least=0)
MILLISECONDS = Option(int, least=0)
PORT = Option(int, least=0, most=65535)
LIST = Option(list)
STORE = {
    "store_method": Option(str, choices=("in_memory", "file_based")),
    "file_path": TEXT,
    "save_interval_ms": MILLISECONDS,
}
ADAPTER = Option(
    dict,
    fields={
        "class": TEXT,
        "name": TEXT,
        "config": Option(dict, fields=STORE | {"redis_url": TEXT, "amqp_url": TEXT}),
    },
)
CORS = Option(
    dict,
    fields={"allowed_origins": LIST, "allowed_methods": LIST, "allowed_headers": LIST},
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
        "middleware": LIST,
    },
    "iii-state": {"adapter": ADAPTER, "max_value_bytes": COUNT} | STORE,
    "iii-stream": {"host": TEXT, "port": PORT, "auth_function": TEXT, "adapter": ADAPTER},
    "iii-queue": {"adapter": ADAPTER, "queue_configs": Option(dict)},
    "iii-pubsub": {"adapter": ADAPTER},
    "iii-cron": {"adapter": ADAPTER},
    "iii-kv": STORE,
    "iii-http-functions": {
        "security": Option(
            dict,
            fields={"url_allowlist": LIST, "block_private_ips": FLAG, "require_https": FLAG},
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
        "sampling": Option(dict),
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
        "level": TEXT,
        "format": TEXT,
        "alerts": LIST,
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
}
"""The current name of each class of the older form."""

BY_NAME: Mapping[str, str] = {name: name for name in MODULES}
