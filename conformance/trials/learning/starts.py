"""What a function is tried with first, and which functions are tried with that alone."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from conformance.settings.samples import sample
from conformance.trials.learning.guesses import guesses

RISKY = frozenset((
    "shell", "exec", "execute", "spawn", "command", "terminal", "bash", "sudo", "eval", "delete",
    "remove", "destroy", "purge", "wipe", "drop", "kill", "terminate", "shutdown", "reboot",
    "uninstall", "send", "mail", "email", "sms", "tweet", "slack", "telegram", "discord", "webhook",
    "pay", "payment", "payments", "charge", "refund", "transfer", "fetch", "download", "upload",
    "crawl", "scrape", "browser", "curl", "file", "files", "fs", "deploy", "web",
))  # fmt: skip
"""Words in names that suggest effects outside the worker.

``http`` is none: names say with it how a function is reached.
"""

ENDING = frozenset((
    "delete", "remove", "withdraw", "cancel", "revoke", "clear", "close", "archive", "forget",
    "discard", "retire", "expire", "reset", "undo", "unregister",
))  # fmt: skip
"""Words in names of functions after which what others made is there no more."""

_WORDS = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])")
_PARAMETER = re.compile(r"[:{](\w+)")


def is_risky(function_id: str) -> bool:
    """Whether the name of a function suggests effects outside the worker.

    Such a function is invoked with a single example, as it would be without learning.
    """
    return not RISKY.isdisjoint(_words(function_id))


def is_ending(function_id: str) -> bool:
    """Whether the name of a function suggests that it takes away what another one made."""
    return not ENDING.isdisjoint(_words(function_id))


def _words(function_id: str) -> list[str]:
    return [word.lower() for word in _WORDS.findall(function_id)]


def starts(
    function_id: str,
    registration: Mapping[str, Any],
    plain: Any,
    bindings: Iterable[Mapping[str, Any]],
) -> list[Any]:
    """Data to begin with: ``plain``, other data that the format allows, and HTTP requests.

    ``bindings`` are the worker's registrations, the triggers on the function among them.
    """
    found = [plain, {}]
    request_format = registration.get("request_format")
    if isinstance(request_format, Mapping):
        full = sample(_all_required(request_format))
        found += [full] if full != {} else []
    for binding in bindings:
        if binding.get("function_id") == function_id and binding.get("trigger_type") in (
            "http",
            "api",
        ):
            found.append(request(binding.get("config")))
    return found


def _all_required(schema: Mapping[str, Any]) -> Mapping[str, Any]:
    properties = schema.get("properties")
    if not isinstance(properties, Mapping):
        return schema
    return {**schema, "required": list(properties)}


def parameters(path: str) -> list[str]:
    """The names of the parameters in the path of a route: ``/realms/:id``, ``/realms/{id}``."""
    return _PARAMETER.findall(path)


def request(config: Any) -> dict[str, Any]:
    """The request that a function bound to an HTTP route with this config gets."""
    route = config if isinstance(config, Mapping) else {}
    path, method = str(route.get("api_path", "/")), str(route.get("http_method") or "GET").upper()
    values = {name: guesses(name)[0] for name in parameters(path)}
    return {
        "path": path,
        "method": method,
        "path_params": {name: str(value) for name, value in values.items()},
        "query_params": {},
        "headers": {"content-type": "application/json", "host": "127.0.0.1:3111"},
        "body": {},
        "trigger": {"type": "http", "path": path, "method": method},
    }
