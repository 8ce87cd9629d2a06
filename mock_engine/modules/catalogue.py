"""The modules of the engine; each is imported when a configuration names it."""

from __future__ import annotations

from importlib import import_module

from mock_engine.modules.base import Module

LOCATIONS = {
    "configuration": "configuration:ConfigurationModule",
    "iii-kv": "kv:KvModule",
    "iii-http": "http:HttpModule",
    "iii-http-functions": "http_functions:HttpFunctionsModule",
    "iii-cron": "cron:CronModule",
    "iii-pubsub": "pubsub:PubSubModule",
    "iii-queue": "queue:QueueModule",
    "iii-observability": "observability:ObservabilityModule",
    "iii-stream": "stream:StreamModule",
    "iii-state": "state:StateModule",
}
"""The Python module and class of each engine module, by its name in a configuration."""

ALWAYS = ("configuration", "iii-observability")
"""The modules that an engine has even if its configuration does not name them."""


def load_module(name: str) -> type[Module] | None:
    """The class of a module; ``None`` if this engine does not have it."""
    location = LOCATIONS.get(name)
    if location is None:
        return None
    file, _, kind = location.partition(":")
    found: type[Module] = getattr(import_module(f"mock_engine.modules.{file}"), kind)
    return found
