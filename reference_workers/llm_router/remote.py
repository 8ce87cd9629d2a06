"""A provider with an OpenAI-compatible HTTP interface, with time limits and retries."""

from __future__ import annotations

import asyncio
import os
from typing import Any

import httpx

from reference_workers.client.context import Json
from reference_workers.llm_router.providers import Provider

FIRST_PAUSE = 0.2
"""The pause before the second attempt in seconds; each further pause is twice as long."""

LONGEST_PAUSE = 2.0
"""The longest pause in seconds, whatever a service asks for: a caller waits for an answer."""

TRY_AGAIN = frozenset({408, 409, 429, 500, 502, 503, 504})
"""Statuses of errors that may be temporary."""


class Unavailable(Exception):  # noqa: N818 - it is tried elsewhere
    """The provider gave no completion; the text says why, without any key."""


async def complete(provider: Provider, model: str, request: dict[str, Any]) -> Json:
    """The answer of a provider, unchanged.

    Raises:
        Unavailable: all attempts failed.
    """
    reason = ""
    for attempt in range(provider.retries + 1):
        if attempt:
            await asyncio.sleep(min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** (attempt - 1)))
        try:
            async with asyncio.timeout(provider.timeout):
                answer = await _post(provider, {**request, "model": model})
        except TimeoutError:
            reason = f"no answer within {provider.timeout:g} s"
            continue
        except httpx.HTTPError as fault:
            reason = f"{type(fault).__name__}: {fault}"[:200]
            continue
        if answer.status_code in TRY_AGAIN:
            reason = f"HTTP status {answer.status_code}"
            continue
        return _read(answer)
    raise Unavailable(reason)


async def _post(provider: Provider, body: Json) -> httpx.Response:
    key = os.environ.get(provider.key_variable or "", "")
    headers = {"authorization": f"Bearer {key}"} if key else {}
    async with httpx.AsyncClient(timeout=provider.timeout, headers=headers) as client:
        return await client.post(f"{str(provider.url).rstrip('/')}/chat/completions", json=body)


def _read(answer: httpx.Response) -> Json:
    if answer.status_code >= httpx.codes.BAD_REQUEST:
        raise Unavailable(f"HTTP status {answer.status_code}")
    try:
        completion = answer.json()
        spoken = isinstance(completion["choices"][0]["message"]["role"], str)
    except (ValueError, LookupError, TypeError):
        spoken = False
    if not spoken:
        raise Unavailable("the answer is no completion in the OpenAI form")
    return completion


def to_wire(tool: str) -> str:
    """The name of a tool in a form that OpenAI accepts: without colons."""
    return tool.replace("::", "__")


def renamed(messages: Json, names: dict[str, str]) -> Json:
    """The messages with the tools in them renamed."""
    return [
        message | {"tool_calls": [_renamed(call, names) for call in message["tool_calls"]]}
        if isinstance(message.get("tool_calls"), list)
        else message
        for message in messages
    ]


def _renamed(call: Json, names: dict[str, str]) -> Json:
    """A tool call with the tool renamed. A malformed call is left for its reader to refuse."""
    function = call.get("function") if isinstance(call, dict) else None
    if not isinstance(function, dict) or not isinstance(function.get("name"), str):
        return call
    return call | {"function": function | {"name": names.get(function["name"], function["name"])}}
