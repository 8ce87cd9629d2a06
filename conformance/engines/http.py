"""The HTTP of a probe: requests to the engine, and a server that the engine calls."""

from __future__ import annotations

import asyncio
import base64
import json
from collections.abc import Callable, Mapping
from typing import Any

import httpx

from mock_engine.transcript import Answered, Request, Requested, Transcript
from mock_engine.wire import Connection, Response

SHOWN = ("content-type", "vary", "allow", "location", "www-authenticate")
UNTOLD = ("host", "content-length")
CHANCE = ("x-iii-timestamp", "x-iii-signature")
"""Headers of the engine's own requests whose values differ every time."""

LONGEST = 40.0
"""Seconds for an answer, unless the step says otherwise."""

Served = Callable[[str, Any], None]


async def fetch(
    client: httpx.AsyncClient, base: str, options: Mapping[str, Any], transcript: Transcript
) -> Any:
    """Send a scripted request to ``base``; return what a recording shows of the answer."""
    headers = {name.lower(): str(value) for name, value in options.get("headers", {}).items()}
    body = options.get("body", "").encode()
    if "json" in options:
        body = json.dumps(options["json"]).encode()
        headers = {"content-type": "application/json"} | headers
    if "hex" in options:
        body = bytes.fromhex(options["hex"])
    method, path = options.get("method", "GET"), options["path"]
    request = httpx.Request(method, base + path, headers=headers, content=body or None)
    if not body:
        request.headers.pop("content-length", None)
    number = transcript.next_connection()
    sent = Request(method, path, tuple(headers.items()))
    transcript.add(Requested(transcript.now(), number, sent))
    try:
        async with asyncio.timeout(options.get("timeout", LONGEST)):
            answer = await client.send(request)
    except TimeoutError:
        return {"failure": "timeout"}
    except httpx.HTTPError as fault:
        return {"failure": type(fault).__name__}
    transcript.add(Answered(transcript.now(), number, answer.status_code))
    shown = {
        name: value
        for name, value in answer.headers.items()
        if name in SHOWN
        or name.startswith("access-control-")
        or name in options.get("show_headers", ())
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
    """The server that the engine calls: it gives the scripted answers, repeating the last one."""

    def __init__(self, options: Mapping[str, Any], note: Served) -> None:
        answers = options.get("respond", {"json": {"ok": True}})
        self._name, self._note = options["id"], note
        self._answers = list(answers) if isinstance(answers, list) else [answers]

    def upgrade(self, connection: Connection) -> Response | None:
        """Refuse: there are no WebSockets here."""
        del connection
        return Response(404)

    def opened(self, connection: Connection) -> None:
        """Never called: there are no WebSockets."""

    def received(self, connection: Connection, data: bytes, binary: bool) -> None:
        """Never called: there are no WebSockets."""

    def closed(self, connection: Connection) -> None:
        """Never called: there are no WebSockets."""

    async def respond(self, connection: Connection, request: Request, body: bytes) -> Response:
        """Note the request as a recording shows it, and answer as the script says."""
        del connection
        headers = {
            name.lower(): f"${name.lower()}" if name.lower() in CHANCE else value
            for name, value in request.headers
            if name.lower() not in UNTOLD
        }
        shown: dict[str, Any] = {
            "method": request.method,
            "path": request.target,
            "headers": headers,
        }
        if body:
            shown["body"] = _json(body)
        self._note(self._name, shown)
        answer = self._answers[0] if len(self._answers) == 1 else self._answers.pop(0)
        if "delay_ms" in answer:
            await asyncio.sleep(answer["delay_ms"] / 1000)
        given = answer.get("headers", {})
        if "json" in answer:
            given = {"content-type": "application/json"} | given
        text = json.dumps(answer["json"]) if "json" in answer else answer.get("body", "")
        return Response(answer.get("status", 200), text.encode(), tuple(given.items()))


def _json(body: bytes) -> Any:
    text = body.decode("utf-8", "replace")
    try:
        return json.loads(text)
    except ValueError:
        return {"$text": text}
