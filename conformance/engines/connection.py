"""The WebSockets of a probe: scripted answers, and everything that arrives."""

from __future__ import annotations

import asyncio
import base64
import json
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake, InvalidStatus
from websockets.frames import Opcode

from mock_engine.transcript import (
    Answered,
    Direction,
    Ended,
    Ending,
    FrameSeen,
    Message,
    Request,
    Requested,
    Transcript,
)

NO_FRAME = 1006
CHANNELS = "/ws/channels/"
OPENING, CLOSING = 8.0, 0.2
"""Seconds for a handshake, and for the engine's close frame."""

KEPT = 65_536
"""Characters or bytes of a message that the transcript keeps; some probes send 65 MiB."""

COUNTED = 0.1
"""Seconds up to which a scripted answer keeps its step open."""


@dataclass(slots=True)
class Rule:
    """A scripted answer to invocations of a function, or to bindings of a trigger type."""

    to: str
    options: Mapping[str, Any]
    delay: float
    times: float = float("inf")
    used: int = 0

    def answers(self, name: str) -> bool:
        """Whether it applies to this function or type, and is not used up."""
        return self.to in (name, "*") and self.times > 0


@dataclass
class Connection:
    """One connection of a probe. ``note`` gets each frame as a recording shows it.

    ``number`` is that of its events in the transcript.
    """

    name: str
    number: int
    transcript: Transcript
    note: Callable[[str, Any], None]
    peers: Mapping[str, Connection]
    frames: list[dict[str, Any]] = field(default_factory=list)
    rules: list[Rule] = field(default_factory=list)
    acknowledgements: list[Rule] = field(default_factory=list)
    answering: set[asyncio.Task[None]] = field(default_factory=set)
    _socket: ClientConnection | None = None
    _tasks: set[asyncio.Task[None]] = field(default_factory=set)
    _ended_here: bool = False
    _is_channel: bool = False

    async def open(self, url: str, headers: Mapping[str, str]) -> dict[str, Any]:
        """Connect, and return what a recording shows of the handshake."""
        path = "/" + url.partition("://")[2].partition("/")[2]
        self._is_channel = path.startswith(CHANNELS)
        request = Request("GET", path, tuple(headers.items()))
        self.transcript.add(Requested(self.transcript.now(), self.number, request))
        try:
            self._socket = await connect(
                url,
                additional_headers=dict(headers),
                user_agent_header="fidelity-probe",
                compression=None,
                ping_interval=None,
                max_size=None,
                max_queue=None,
                open_timeout=OPENING,
                close_timeout=CLOSING,
                proxy=None,
            )
        except InvalidStatus as refusal:
            answer = refusal.response
            self._answered(answer.status_code)
            shown: dict[str, Any] = {"status": answer.status_code}
            if answer.body:
                shown["body"] = shown_text(answer.body.decode("utf-8", "replace"))
            return shown
        except (InvalidHandshake, OSError, TimeoutError, EOFError) as fault:
            return {"failure": type(fault).__name__, "status": None}
        self._answered(101)
        self._spawn(self._read(self._socket))
        return {"status": 101}

    def _answered(self, status: int) -> None:
        self.transcript.add(Answered(self.transcript.now(), self.number, status))

    @property
    def socket(self) -> ClientConnection:
        """The open WebSocket.

        Raises:
            ConnectionError: the engine did not let it be opened.
        """
        if self._socket is None:
            raise ConnectionError(f"connection {self.name} could not be opened")
        return self._socket

    async def send(self, data: str | bytes, *, fragment: int | None = None) -> None:
        """Send one message, perhaps in fragments of this many characters or bytes.

        The engine may end the connection before all of it is sent.
        """
        self._seen(data, Direction.FROM_WORKER)
        with suppress(ConnectionClosed, ConnectionResetError):
            if fragment is None:
                await self.socket.send(data)
            else:
                parts = [data[i : i + fragment] for i in range(0, len(data), fragment)]
                await self.socket.send(parts)

    async def send_as_text(self, data: bytes) -> None:
        """Send bytes in a text frame, whatever they are."""
        self._seen(data, Direction.FROM_WORKER, binary=False)
        with suppress(ConnectionClosed):
            await self.socket.send(data, text=True)

    async def ping(self, data: str) -> None:
        """Send a ping and note its pong."""
        with suppress(ConnectionClosed):
            self._spawn(self._await_pong(await self.socket.ping(data), data))

    async def _await_pong(self, pong: Awaitable[float], data: str) -> None:
        with suppress(ConnectionClosed):
            await pong
            self.note(self.name, {"$pong": data})

    async def close(self, code: int = 1000, reason: str = "") -> None:
        """Close, without waiting for the engine's close frame."""
        self._ended_here = True
        self._spawn(self.socket.close(code, reason))
        self._ended(Ending.CLOSE_FRAME)
        await asyncio.sleep(0)

    async def close_code(self) -> int | None:
        """The code of the engine's close frame after ``close``; ``None`` if it sent none."""
        await asyncio.wait(self._tasks, timeout=OPENING)
        received = self.socket.protocol.close_rcvd
        return received.code if received is not None else None

    def drop(self) -> None:
        """End the TCP connection."""
        self._ended_here = True
        self.socket.transport.abort()
        self._ended(Ending.RESET)

    def _ended(self, ending: Ending, detail: str = "") -> None:
        self.transcript.add(Ended(self.transcript.now(), self.number, ending, detail))

    async def end(self) -> None:
        """Close what is still open."""
        for task in tuple(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if self._socket is not None:
            self._socket.transport.abort()

    def _spawn(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        task = asyncio.ensure_future(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    async def _read(self, socket: ClientConnection) -> None:
        try:
            while True:
                self._take(await socket.recv())
        except ConnectionClosed as closed:
            if not self._ended_here:
                code = closed.rcvd.code if closed.rcvd else NO_FRAME
                reason = closed.rcvd.reason if closed.rcvd else ""
                self._ended(Ending.BY_ENGINE, f"code {code}")
                self.note(self.name, {"$close": {"code": code, "reason": reason}})

    def _take(self, data: str | bytes) -> None:
        self._seen(data, Direction.FROM_ENGINE)
        if isinstance(data, bytes):
            self.note(self.name, {"$binary": base64.b64encode(data).decode()})
            return
        frame = {"$text": data} if self._is_channel else shown_text(data)
        self.note(self.name, frame)
        if isinstance(frame, dict) and not self._is_channel:
            self.frames.append(frame)
            self._answer(frame)

    def _seen(self, data: str | bytes, direction: Direction, *, binary: bool | None = None) -> None:
        """Add a message to the transcript."""
        is_binary = isinstance(data, bytes) if binary is None else binary
        raw = data[:KEPT] if isinstance(data, bytes) else data[:KEPT].encode()
        at, opcode = self.transcript.now(), Opcode.BINARY if is_binary else Opcode.TEXT
        self.transcript.add(FrameSeen(at, self.number, direction, opcode, True, raw))
        self.transcript.add(Message(at, self.number, direction, is_binary, raw))

    def _answer(self, frame: dict[str, Any]) -> None:
        """Start the scripted answer to this frame; the newest rule for it counts."""
        match frame:
            case {"type": "invokefunction", "function_id": str(name)}:
                rules, made = self.rules, _result
            case {"type": "registertrigger", "trigger_type": str(name)}:
                rules, made = self.acknowledgements, _acknowledgement
            case _:
                return
        rule = next((rule for rule in reversed(rules) if rule.answers(name)), None)
        if rule is None:
            return
        rule.times -= 1
        answer = json.dumps(made(frame, rule))
        task = self._spawn(self._send_answer(answer, rule))
        if rule.delay <= COUNTED:
            self.answering.add(task)
            task.add_done_callback(self.answering.discard)

    async def _send_answer(self, answer: str, rule: Rule) -> None:
        via = self.peers[rule.options["via"]] if "via" in rule.options else self
        await asyncio.sleep(rule.delay)
        for _ in range(rule.options.get("copies", 1)):
            await via.send(answer)


def _result(frame: dict[str, Any], rule: Rule) -> dict[str, Any]:
    options = rule.options
    answer: dict[str, Any] = {
        "type": "invocationresult",
        "invocation_id": frame.get("invocation_id"),
        "function_id": frame.get("function_id"),
    }
    if "results" in options:
        answer["result"] = options["results"][min(rule.used, len(options["results"]) - 1)]
        rule.used += 1
    if options.get("echo"):
        answer["result"] = frame.get("data")
    answer |= {key: options[key] for key in ("result", "error") if key in options}
    answer |= options.get("extra", {})
    return {key: value for key, value in answer.items() if key not in options.get("omit", ())}


def _acknowledgement(frame: dict[str, Any], rule: Rule) -> dict[str, Any]:
    answer = {key: frame.get(key) for key in ("id", "trigger_type", "function_id")}
    error = {"error": rule.options["error"]} if "error" in rule.options else {}
    return {"type": "triggerregistrationresult"} | answer | error


def shown_text(text: str) -> Any:
    """A text as a recording shows it: as JSON, if it is."""
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return {"$text": text}
