"""The table of providers, and the choice among them.

The local model is always available. Others are named by the environment: ``LLM_PROVIDERS`` is a
JSON list of objects with the fields of ``Provider``; the keys of services come from variables,
never from the list itself.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import Any
from urllib.parse import urlsplit

from reference_workers.client import FunctionError
from reference_workers.client.context import Json

VARIABLE = "LLM_PROVIDERS"


class ProvidersError(Exception):
    """The list of providers is invalid; the text says where and what is expected."""


@dataclass(frozen=True, slots=True)
class Provider:
    """A source of completions. Without a ``url`` it is the local model.

    ``cost`` is in dollars for a million tokens, ``context`` in tokens, ``timeout`` in seconds for
    each attempt; there are ``retries`` further attempts after the first. ``key_variable`` is the
    name of the environment variable that holds the key.
    """

    name: str
    models: tuple[str, ...]
    cost: float = 0.0
    context: int = 8192
    capabilities: tuple[str, ...] = ("chat",)
    url: str | None = None
    key_variable: str | None = None
    timeout: float = 10.0
    retries: int = 2

    def told(self) -> dict[str, Json]:
        """The public fields of the provider."""
        fields = asdict(self)
        names = ("name", "models", "cost", "context", "capabilities")
        told = {name: fields[name] for name in names}
        lists = {name: list(fields[name]) for name in ("models", "capabilities")}
        return told | lists | {"local": self.url is None}


LOCAL = Provider("local", ("rules-1",), capabilities=("chat", "tools"))


def configured(environment: Mapping[str, str]) -> tuple[Provider, ...]:
    """The providers in an environment, the local one first.

    Raises:
        ProvidersError: the list is invalid.
    """
    given = environment.get(VARIABLE, "").strip()
    if not given:
        return (LOCAL,)
    try:
        entries = json.loads(given)
    except ValueError as fault:
        raise ProvidersError(f"{VARIABLE} is no JSON: {fault}") from None
    if not isinstance(entries, list):
        raise ProvidersError(f"{VARIABLE}: expected a list of providers, not {given[:80]}")
    providers = (LOCAL, *(_provider(number, entry) for number, entry in enumerate(entries)))
    names = [provider.name for provider in providers]
    if len(set(names)) < len(names):
        raise ProvidersError(f"{VARIABLE}: names must differ, not {', '.join(names)}")
    return providers


KINDS: dict[str, type | tuple[type, ...]] = {
    "name": str,
    "models": list,
    "cost": (int, float),
    "context": int,
    "capabilities": list,
    "url": str,
    "key_variable": str,
    "timeout": (int, float),
    "retries": int,
}


def _provider(number: int, entry: Json) -> Provider:
    place = f"{VARIABLE}[{number}]"
    if not isinstance(entry, dict):
        raise ProvidersError(f"{place}: expected an object, not {entry!r:.80}")
    for name in ("name", "models", "url"):
        if name not in entry:
            raise ProvidersError(f"{place}: `{name}` is missing")
    for name, value in entry.items():
        if name not in KINDS:
            raise ProvidersError(f"{place}: unknown field `{name}`; there are {', '.join(KINDS)}")
        if not isinstance(value, KINDS[name]) or isinstance(value, bool):
            raise ProvidersError(f"{place}.{name}: {value!r:.80} is of the wrong type")
    if urlsplit(entry["url"]).scheme not in ("http", "https"):
        raise ProvidersError(f"{place}.url: expected http:// or https://, not {entry['url']!r}")
    fields: dict[str, Any] = {
        name: tuple(map(str, value)) if isinstance(value, list) else value
        for name, value in entry.items()
    }
    return Provider(**fields)


def ranked(providers: Iterable[Provider], wanted: Mapping[str, Any]) -> list[Provider]:
    """The providers that can serve a request, the best first: the cheapest, then by name.

    ``wanted`` may have ``needs`` (capabilities), ``context`` (tokens), ``max_cost`` and ``model``
    (the name of a provider, of a model, or both, as in ``local/rules-1``).

    Raises:
        FunctionError: ``no_provider``, with the reason for which each one was excluded.
    """
    fitting, reasons = [], []
    for provider in providers:
        reason = _unfit(provider, wanted)
        if reason is None:
            fitting.append(provider)
        else:
            reasons.append(f"{provider.name}: {reason}")
    if not fitting:
        raise FunctionError("no_provider", "; ".join(reasons)[:1000])
    return sorted(fitting, key=lambda provider: (provider.cost, provider.name))


def model_of(provider: Provider, wanted: Mapping[str, Any]) -> str:
    """The model of a provider that serves a request."""
    named = str(wanted.get("model") or "").rpartition("/")[2]
    return named if named in provider.models else provider.models[0]


def _unfit(provider: Provider, wanted: Mapping[str, Any]) -> str | None:
    model = wanted.get("model")
    names = {provider.name, *provider.models, *(f"{provider.name}/{m}" for m in provider.models)}
    if model not in (None, "auto") and model not in names:
        return f"has no model {str(model)[:100]!r}"
    missing = sorted(set(wanted.get("needs") or ()) - set(provider.capabilities))
    if missing:
        return f"lacks {', '.join(missing)[:200]}"
    if wanted.get("context", 0) > provider.context:
        return f"takes {provider.context} tokens"
    if provider.cost > wanted.get("max_cost", provider.cost):
        return f"costs {provider.cost}"
    return None
