"""``python -m reference_workers.api``: the agents behind an OpenAI-compatible HTTP interface.

The last message of a request goes to an agent, in the session that ``user`` names or in a new one.
With ``stream`` the answer is written to the channel that comes with the request, piece by piece.
"""

from __future__ import annotations

import json
import sys
import time
import uuid
from collections.abc import AsyncIterator
from typing import Any

from jsonschema import Draft202012Validator

from reference_workers.client import FunctionError, Worker, run
from reference_workers.client.context import Json
from reference_workers.service import Function, array, form, offer_functions, text
from reference_workers.service.formats import refuse_unless_valid
from reference_workers.service.http import CLIENT_FAULTS, REQUEST, RESPONSE, respond

PREFIX = "agent:"
"""The optional prefix of a model's name; the rest is the name of an agent."""

PIECE = 24
"""Characters in each piece of a streamed answer."""

ROLES = ("system", "developer", "user", "assistant")
MESSAGE = form(
    *("role", "content"),
    role={"type": "string", "enum": list(ROLES)},
    content={"type": "string", "maxLength": 100_000},
)
BODY = form(
    "messages",
    messages=array(MESSAGE, 500) | {"minItems": 1},
    model=text(128),
    user=text(128),
    stream={"type": ["boolean", "null"]},
    tools={"description": "Agents have tools of their own.", "type": "array", "maxItems": 0},
)
_BODY = Draft202012Validator(BODY)


class Api:
    """Answers requests."""

    def __init__(self, worker: Worker) -> None:
        self._worker = worker

    async def chat_completions(self, data: dict[str, Any]) -> Json:
        """Answer ``POST /v1/chat/completions`` with what an agent says."""
        try:
            body: Any = data.get("body")
            refuse_unless_valid(_BODY, body)
            asked = _asked(body)
        except FunctionError as fault:
            return _failure(fault)
        head = {"id": f"chatcmpl-{uuid.uuid4().hex}", "created": int(time.time())}
        head["model"] = body.get("model", "auto")
        if body.get("stream"):
            parts = self._streamed(head, asked)
            await self._worker.channels.write(data.get("response"), parts)
            return respond({})
        try:
            said = await self._worker.call("agent::chat", asked)
        except FunctionError as fault:
            return _failure(fault)
        message = {"role": "assistant", "content": said["reply"]}
        choice = {"index": 0, "message": message, "finish_reason": "stop"}
        usage = said.get("usage") or {}
        total = sum(usage.values())
        told = {**head, "object": "chat.completion", "choices": [choice]}
        return respond(told | {"usage": usage | {"total_tokens": total}})

    async def models(self, data: dict[str, Any]) -> Json:
        """Answer ``GET /v1/models`` with the agents that there are."""
        del data
        try:
            agents = (await self._worker.call("agent::list", {}))["agents"]
        except FunctionError as fault:
            return _failure(fault)
        models = [
            {"id": f"{PREFIX}{agent['id']}", "object": "model", "created": 0, "owned_by": "agents"}
            for agent in agents
        ]
        return respond({"object": "list", "data": models})

    async def health(self, data: dict[str, Any]) -> Json:
        """Answer ``GET /health``: whether an agent could answer now."""
        del data
        try:
            await self._worker.call("agent::get", {"id": "default"}, seconds=5)
        except FunctionError as fault:
            return respond({"status": "unavailable", "reason": fault.message}, 503)
        return respond({"status": "ok"})

    async def _streamed(self, head: dict[str, Any], asked: Json) -> AsyncIterator[bytes | str]:
        """An answer as server-sent events; the first event is sent before the agent starts."""

        def event(delta: Json, finish: str | None = None) -> bytes:
            choice = {"index": 0, "delta": delta, "finish_reason": finish}
            return _event({**head, "object": "chat.completion.chunk", "choices": [choice]})

        headers = {"content-type": "text/event-stream", "cache-control": "no-cache"}
        yield json.dumps({"type": "set_status", "status_code": 200})
        yield json.dumps({"type": "set_headers", "headers": headers})
        yield event({"role": "assistant", "content": ""})
        try:
            said = await self._worker.call("agent::chat", asked)
        except FunctionError as fault:
            yield _event(_failure(fault)["body"])
        else:
            reply = str(said["reply"])
            for start in range(0, len(reply), PIECE):
                yield event({"content": reply[start : start + PIECE]})
            yield event({}, "stop")
        yield b"data: [DONE]\n\n"


def _asked(body: dict[str, Any]) -> dict[str, Any]:
    """A request as the data of ``agent::chat``.

    Raises:
        FunctionError: ``invalid_request``, when there is no message to answer.
    """
    *earlier, last = body["messages"]
    if last["role"] != "user" or not last["content"].strip():
        raise FunctionError("invalid_request", "the last message is not one of the user")
    history = [
        {"role": message["role"], "content": message["content"]}
        for message in earlier
        if message["role"] in ("user", "assistant")
    ]
    asked = {"session": body.get("user") or f"api-{uuid.uuid4()}", "text": last["content"]}
    name = body.get("model", "auto").removeprefix(PREFIX)
    return asked | {"history": history, "agent": "default" if name == "auto" else name}


def _event(data: Json) -> bytes:
    return f"data: {json.dumps(data)}\n\n".encode()


def _failure(fault: FunctionError) -> dict[str, Any]:
    """A failure in the format of OpenAI."""
    status = CLIENT_FAULTS.get(fault.code, 400 if fault.code == "injection_suspected" else 502)
    kind = "invalid_request_error" if status < 500 else "api_error"
    error = fault.body()
    told = {"message": error["message"], "type": kind, "param": None, "code": error["code"]}
    return respond({"error": told}, status)


def offer(worker: Worker) -> None:
    """Register the functions and their routes."""
    api = Api(worker)
    example = {"body": {"messages": [{"role": "user", "content": "What is 6 * 7?"}]}}
    offer_functions(
        worker,
        {
            "api::chat_completions": Function(
                api.chat_completions, REQUEST | {"examples": [example]}, RESPONSE
            ),
            "api::models": Function(api.models, REQUEST, RESPONSE),
            "api::health": Function(api.health, REQUEST, RESPONSE),
        },
    )
    routes = (
        ("POST", "/v1/chat/completions", "api::chat_completions"),
        ("GET", "/v1/models", "api::models"),
        ("GET", "/health", "api::health"),
    )
    for method, path, function_id in routes:
        worker.trigger("http", function_id, {"api_path": path, "http_method": method})


if __name__ == "__main__":
    sys.exit(run(offer))
