"""The HTTP of a probe: requests to the engine, and a server that the engine calls."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from typing import Any

import httpx

from mock_engine.transcript import Request
from mock_engine.wire import Connection, Response

SHOWN = ("content-type", "vary", "allow", "location")
UNTOLD = ("host", "content-length")


async def fetch(client: httpx.AsyncClient, urls: dict[str, str], given: dict[str, Any]) -> Any:
    """Send a scripted request; what is shown of the answer."""
    headers = dict(given.get("headers", {}))
    body = given.get("body", "").encode()
    if "json" in given:
        body = json.dumps(given["json"]).encode()
        headers["content-type"] = "application/json"
    if "hex" in given:
        body = bytes.fromhex(given["hex"])
    base = urls[given.get("base", "http")].replace("ws://", "http://")
    url = base + given["path"]
    request = httpx.Request(given["method"], url, headers=headers, content=body or None)
    if not body:
        request.headers.pop("content-length", None)
    answer = await client.send(request)
    shown = {
        name: value
        for name, value in answer.headers.items()
        if name in SHOWN
        or name.startswith("access-control-")
        or name in given.get("show_headers", [])
    }
    return {"status": answer.status_code, "headers": shown, "body": _body(answer)}


def _body(answer: httpx.Response) -> Any:
    if not answer.content:
        return {"$empty": True}
    try:
        text = answer.content.decode()
    except UnicodeDecodeError:
        return {"$binary": base64.b64encode(answer.content).decode()}
    if "json" in answer.headers.get("content-type", ""):
        try:
            return json.loads(text)
        except ValueError:
            pass
    return {"$text": text}


class Server:
    """What the engine calls over HTTP: it gives the scripted answers, the last one again."""

    def __init__(self, given: dict[str, Any], note: Callable[[str, Any], None]) -> None:
        answers = given["respond"]
        self._name, self._note = given["id"], note
        self._answers = list(answers) if isinstance(answers, list) else [answers]

    def upgrade(self, connection: Connection) -> Response | None:
        return Response(404)

    def opened(self, connection: Connection) -> None: ...

    def received(self, connection: Connection, data: bytes, binary: bool) -> None: ...

    def closed(self, connection: Connection) -> None: ...

    async def respond(self, connection: Connection, request: Request, body: bytes) -> Response:
        headers = {k.lower(): v for k, v in request.headers if k.lower() not in UNTOLD}
        told = {"method": request.method, "path": request.target, "headers": headers}
        self._note(self._name, told | ({"body": json.loads(body)} if body else {}))
        answer = self._answers[0] if len(self._answers) == 1 else self._answers.pop(0)
        given = answer.get("headers", {})
        if "json" in answer:
            given = {"content-type": "application/json"} | given
        text = json.dumps(answer["json"]) if "json" in answer else answer.get("body", "")
        return Response(answer["status"], text.encode(), tuple(given.items()))
