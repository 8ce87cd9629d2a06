"""The worker: ``llm::complete``, ``llm::route`` and ``llm::providers``."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from typing import Any

from reference_workers.client import FunctionError, Worker, run
from reference_workers.client.context import Json
from reference_workers.client.log import say
from reference_workers.llm_router import local, remote
from reference_workers.llm_router.providers import (
    LOCAL,
    Provider,
    ProvidersError,
    configured,
    model_of,
    ranked,
)
from reference_workers.service import (
    COUNT,
    NUMBER,
    OBJECT,
    STRING,
    Function,
    State,
    array,
    choice,
    form,
    offer_functions,
    text,
)

USAGE = "llm:usage"
"""The scope for the usage counts of each provider."""

NAME = text(128)
NEEDS = {
    "needs": array(NAME, 20),
    "context": COUNT,
    "max_cost": {"type": "number", "minimum": 0},
    "model": NAME,
}
CALL = form("id", "function", id=NAME, function=form("name", name=NAME, arguments=STRING))
MESSAGE = form(
    "role",
    role=choice("system", "user", "assistant", "tool"),
    content={"type": ["string", "null"], "maxLength": 1_000_000},
    tool_calls=array(CALL, 32),
    tool_call_id=STRING,
)
TOOL = form("name", name=NAME, description=STRING, parameters=OBJECT)
ROUTE = form("provider", "model", provider=STRING, model=STRING, cost=NUMBER)


class Router:
    """Sends requests to providers, and from one that fails to the next."""

    def __init__(self, worker: Worker, providers: Sequence[Provider]) -> None:
        self._worker = worker
        self._state = State(worker)
        self._providers = providers

    async def complete(self, data: dict[str, Any]) -> Json:
        """Complete a conversation with the best model for it, or with the next if that fails."""
        tools = data.get("tools") or []
        needs = {*data.get("needs", ()), *(("tools",) if tools else ())}
        size = sum(local.tokens(message.get("content") or "") for message in data["messages"])
        wanted = data | {"needs": needs, "context": max(size, data.get("context", 0))}
        failures: list[str] = []
        for provider in ranked(self._providers, wanted):
            model = model_of(provider, wanted)
            try:
                message, usage = await self._ask(provider, model, data["messages"], tools)
            except remote.Unavailable as fault:
                failures.append(f"{provider.name}: {fault}")
                continue
            self._count(provider, usage)
            told = {"provider": provider.name, "model": model, "failures": failures}
            return told | {"message": message, "usage": usage}
        raise FunctionError("providers_failed", "; ".join(failures)[:1000])

    async def route(self, data: dict[str, Any]) -> Json:
        """Tell which provider and model a request would get, and which ones stand behind it."""
        best, *others = ranked(self._providers, data)
        told = {"provider": best.name, "model": model_of(best, data), "cost": best.cost}
        return told | {"fallbacks": [provider.name for provider in others]}

    async def providers(self, data: dict[str, Any]) -> Json:
        """Tell the table of providers, with what each was used for."""
        del data
        rows = []
        for provider in self._providers:
            used = await self._state.get(USAGE, provider.name)
            rows.append(provider.told() | {"usage": used if isinstance(used, dict) else {}})
        return {"providers": rows}

    async def _ask(
        self, provider: Provider, model: str, messages: Json, tools: Json
    ) -> tuple[dict[str, Any], dict[str, int]]:
        names = {tool["name"]: remote.to_wire(tool["name"]) for tool in tools}
        if provider is LOCAL:
            message = local.complete(messages, list(names))
            asked = sum(local.tokens(m.get("content") or "") for m in messages)
            return message, _usage(asked, local.tokens(message["content"] or ""))
        request: dict[str, Any] = {"messages": remote.renamed(messages, names)}
        if tools:
            request["tools"] = [
                {"type": "function", "function": tool | {"name": names[tool["name"]]}}
                for tool in tools
            ]
        completion = await remote.complete(provider, model, request)
        back = {wire: name for name, wire in names.items()}
        (message,) = remote.renamed([completion["choices"][0]["message"]], back)
        told = completion.get("usage")
        told = told if isinstance(told, dict) else {}
        counts = (told.get(name) for name in ("prompt_tokens", "completion_tokens"))
        return message, _usage(*(n if type(n) is int and n >= 0 else 0 for n in counts))

    def _count(self, provider: Provider, usage: dict[str, int]) -> None:
        """Count a completion, without waiting for the result."""
        steps = {"completions": 1, "tokens": usage["total_tokens"]}
        ops = [{"type": "increment", "path": name, "by": by} for name, by in steps.items()]
        asked = {"scope": USAGE, "key": provider.name, "ops": ops}
        self._worker.cast("state::update", asked, namespace="default")


def _usage(asked: int, answered: int) -> dict[str, int]:
    return {
        "prompt_tokens": asked,
        "completion_tokens": answered,
        "total_tokens": asked + answered,
    }


def offer(worker: Worker) -> None:
    """Register the functions.

    Raises:
        ProvidersError: the list of providers in the environment is invalid.
    """
    router = Router(worker, configured(os.environ))
    hello = {"role": "user", "content": "What is 6 * 7?"}
    offer_functions(
        worker,
        {
            "llm::complete": Function(
                router.complete,
                form(
                    "messages",
                    messages=array(MESSAGE, 1000) | {"minItems": 1},
                    tools=array(TOOL, 128),
                    **NEEDS,
                    example={"messages": [hello], "tools": [{"name": "math::evaluate"}]},
                ),
                form(
                    *("provider", "model", "message", "usage"),
                    provider=STRING,
                    model=STRING,
                    message=OBJECT,
                    usage=OBJECT,
                    failures=array(STRING),
                ),
            ),
            "llm::route": Function(
                router.route,
                form(**NEEDS, example={"needs": ["chat"]}),
                ROUTE,
            ),
            "llm::providers": Function(
                router.providers, form(example={}), form("providers", providers=array(OBJECT))
            ),
        },
    )


def main() -> int:
    """Run the worker; exit code 2 when the list of providers is invalid."""
    try:
        configured(os.environ)
    except ProvidersError as fault:
        say(str(fault))
        return 2
    return run(offer)


if __name__ == "__main__":
    sys.exit(main())
