"""The WebSockets of a probe: scripted answers, and everything that comes in."""

from __future__ import annotations

import asyncio
import base64
import json
from collections.abc import Callable, Coroutine
from contextlib import suppress
from typing import Any

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

Rule = dict[str, Any]
NO_FRAME, NO_CODE = 1006, 1005


class Client:
    """One connection of a probe. ``note`` gets each frame as a recording shows it."""

    def __init__(self, name: str, note: Callable[[str, Any], None]) -> None:
        self.name = name
        self.frames: list[Any] = []
        self.rules: list[Rule] = []
        self.acks: list[Rule] = []
        self.answering: set[asyncio.Task[None]] = set()
        self._note = note
        self._socket: ClientConnection
        self._tasks: set[asyncio.Task[None]] = set()
        self._ended_here = False
        self._channel = False
        self.peers: dict[str, Client] = {}

    async def open(self, url: str, headers: dict[str, str]) -> dict[str, Any]:
        """Connect, and return what a recording shows of the handshake."""
        self._channel = "/ws/channels/" in url
        try:
            self._socket = await connect(
                url,
                additional_headers=headers,
                user_agent_header="fidelity-probe",
                compression=None,
                ping_interval=None,
                max_size=None,
                close_timeout=0.2,
                proxy=None,
            )
        except ConnectionRefusedError:
            return {"failure": "ConnectionRefusedError", "status": None}
        except InvalidStatus as refusal:
            answer = refusal.response
            told: dict[str, Any] = {"status": answer.status_code}
            if answer.body:
                told["body"] = shown_text(answer.body.decode())
            return told
        self._spawn(self._read())
        return {"status": 101}

    async def send(self, text: str | bytes) -> None:
        """Send one message; the engine may end the connection before all of it is sent."""
        with suppress(ConnectionClosed, ConnectionResetError):
            await self._socket.send(text)

    async def send_fragments(self, text: str, size: int) -> None:
        """Send one message in fragments of ``size`` characters."""
        await self._socket.send([text[i : i + size] for i in range(0, len(text), size)])

    async def send_invalid(self, data: bytes) -> None:
        """Send bytes in a text frame, whatever they are."""
        await self._socket.send(data, text=True)

    async def ping(self, data: str) -> None:
        """Send a ping and note its pong."""
        pong = await self._socket.ping(data)
        self._spawn(self._await_pong(pong, data))

    async def _await_pong(self, pong: Any, data: str) -> None:
        await pong
        self._note(self.name, {"$pong": data})

    async def close(self) -> None:
        """Close, without waiting for the engine's close frame."""
        self._ended_here = True
        self._spawn(self._socket.close())
        await asyncio.sleep(0)

    def drop(self) -> None:
        """End the TCP connection."""
        self._ended_here = True
        self._socket.transport.abort()

    async def end(self) -> None:
        """Give up whatever is left."""
        for task in tuple(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if hasattr(self, "_socket"):
            self._socket.transport.abort()

    def _spawn(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        task = asyncio.ensure_future(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    async def _read(self) -> None:
        try:
            while True:
                self._take(await self._socket.recv())
        except ConnectionClosed as closed:
            if not self._ended_here:
                code = closed.rcvd.code if closed.rcvd else NO_FRAME
                reason = closed.rcvd.reason if closed.rcvd else ""
                self._note(self.name, {"$close": {"code": code, "reason": reason}})

    def _take(self, data: str | bytes) -> None:
        if isinstance(data, bytes):
            self._note(self.name, {"$binary": base64.b64encode(data).decode()})
            return
        if self._channel:
            self._note(self.name, {"$text": data})
            return
        frame = shown_text(data)
        self._note(self.name, frame)
        if isinstance(frame, dict):
            self.frames.append(frame)
            self._answer(frame)

    def _answer(self, frame: dict[str, Any]) -> None:
        if frame.get("type") == "invokefunction":
            wanted, rules = frame["function_id"], self.rules
        elif frame.get("type") == "registertrigger":
            wanted, rules = frame["trigger_type"], self.acks
        else:
            return
        rule = next((r for r in reversed(rules) if r["to"] in (wanted, "*")), None)
        if rule is None or rule.get("times", 1) <= 0:
            return
        if "times" in rule:
            rule["times"] -= 1
        task = self._spawn(self._send_answer(frame, rule))
        self.answering.add(task)
        task.add_done_callback(self.answering.discard)

    async def _send_answer(self, frame: dict[str, Any], rule: Rule) -> None:
        answer = _result(frame, rule) if rule in self.rules else _ack(frame, rule)
        via = self.peers[rule["via"]] if "via" in rule else self
        try:
            await asyncio.sleep(rule.get("delay_ms", 5) / 1000)
            await via.send(json.dumps(answer))
        except ConnectionClosed:
            return


def _result(frame: dict[str, Any], rule: Rule) -> dict[str, Any]:
    answer: dict[str, Any] = {
        "type": "invocationresult",
        "invocation_id": frame["invocation_id"],
        "function_id": frame["function_id"],
    }
    if rule.get("echo"):
        answer["result"] = frame["data"]
    answer |= {k: rule[k] for k in ("result", "error") if k in rule}
    extra: dict[str, Any] = rule.get("extra", {})
    return answer | extra


def _ack(frame: dict[str, Any], rule: Rule) -> dict[str, Any]:
    answer = {k: frame[k] for k in ("id", "trigger_type", "function_id")}
    error = {"error": rule["error"]} if "error" in rule else {}
    return {"type": "triggerregistrationresult"} | answer | error


def shown_text(text: str) -> Any:
    """A text as a recording shows it: as JSON, if it is."""
    try:
        return json.loads(text)
    except ValueError:
        return {"$text": text}
