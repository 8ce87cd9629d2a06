"""Mutants that send or take messages wrongly."""

from __future__ import annotations

import asyncio
import json

from websockets.asyncio.client import ClientConnection

from tests.mutants.catalogue import breaks
from tests.mutants.plain import Plain
from tests.mutants.worker import Json, Worker

KNOWN = {"type", "invocation_id", "function_id", "data", "metadata", "traceparent", "baggage"}


class GoesDeaf(Worker):
    """Stops reading, with the socket open, once ``chokes`` says so."""

    def chokes(self, raw: str | bytes) -> bool:
        raise NotImplementedError

    async def receive(self, socket: ClientConnection, raw: str | bytes) -> None:
        if self.chokes(raw):
            await self.stopping.wait()
        await super().receive(socket, raw)


def _parsed(raw: str | bytes) -> Json:
    try:
        return json.loads(raw)
    except ValueError:
        return {}


@breaks("FRM-001")
class SendsPlainText(Worker):
    async def announce(self, socket: ClientConnection) -> None:
        await super().announce(socket)
        await socket.send("ready to serve")


@breaks("FRM-001")
class SendsNotANumber(Worker):
    async def announce(self, socket: ClientConnection) -> None:
        await super().announce(socket)
        await socket.send('{"type":"invokefunction","function_id":"publish","data":NaN}')


@breaks("FRM-002")
class SendsWrongFieldTypes(Worker):
    def functions(self) -> list[Json]:
        first, *others = super().functions()
        return [{**first, "description": 5}, *others]


@breaks("FRM-002")
class CallsWithoutData(Worker):
    async def announce(self, socket: ClientConnection) -> None:
        await super().announce(socket)
        call = {"type": "invokefunction", "function_id": "publish", "action": {"type": "void"}}
        await self.send(socket, call)


@breaks("FRM-003")
class ChokesOnUnknownTypes(GoesDeaf):
    def chokes(self, raw: str | bytes) -> bool:
        message = _parsed(raw)
        return isinstance(message, dict) and str(message.get("type")).startswith("x_")


@breaks("FRM-004")
class ChokesOnUnknownFields(GoesDeaf):
    def chokes(self, raw: str | bytes) -> bool:
        message = _parsed(raw)
        called = isinstance(message, dict) and message.get("type") == "invokefunction"
        return called and bool(set(message) - KNOWN)


@breaks("FRM-005")
class ChokesOnMalformedText(GoesDeaf):
    def chokes(self, raw: str | bytes) -> bool:
        try:
            json.loads(raw)
        except ValueError:
            return bool(raw) and isinstance(raw, str)
        return False


@breaks("FRM-006")
class ChokesOnEmptyText(GoesDeaf):
    def chokes(self, raw: str | bytes) -> bool:
        return raw == ""


@breaks("FRM-007")
class ChokesOnBinary(GoesDeaf):
    def chokes(self, raw: str | bytes) -> bool:
        return isinstance(raw, bytes)


@breaks("FRM-008")
class ChokesOnNonObjects(GoesDeaf):
    def chokes(self, raw: str | bytes) -> bool:
        return not isinstance(_parsed(raw), dict)


@breaks("FRM-009")
class ChokesOnNulls(GoesDeaf):
    def chokes(self, raw: str | bytes) -> bool:
        message = _parsed(raw)
        return isinstance(message, dict) and "traceparent" in message and not message["traceparent"]


@breaks("FRM-004")
class DropsCallsWithUnknownFields(Worker):
    async def start(self, socket: ClientConnection, message: Json) -> None:
        if not set(message) - KNOWN - {"action", "namespace"}:
            await super().start(socket, message)


@breaks("FRM-009")
class DropsCallsWithNulls(Worker):
    async def start(self, socket: ClientConnection, message: Json) -> None:
        if message.get("metadata", ...) is not None:
            await super().start(socket, message)


@breaks("FRM-010")
class PrefixesItsResults(Worker):
    async def send(self, socket: ClientConnection, message: Json) -> None:
        await socket.send(b"LOGS" + json.dumps(message).encode())


@breaks("FRM-010")
class PrefixesItsAnnouncement(Worker):
    async def announce(self, socket: ClientConnection) -> None:
        await super().announce(socket)
        await socket.send(b"OTLP" + json.dumps(self.announcement()).encode())


@breaks("FRM-011")
class NeedsTheFieldsOfAMessage(GoesDeaf):
    def chokes(self, raw: str | bytes) -> bool:
        message = _parsed(raw)
        called = isinstance(message, dict) and message.get("type") == "invokefunction"
        return called and not isinstance(message.get("function_id"), str)


@breaks("FRM-011")
class ReadsErrorsAsObjects(GoesDeaf):
    def chokes(self, raw: str | bytes) -> bool:
        message = _parsed(raw)
        return isinstance(message, dict) and isinstance(message.get("error"), str)


@breaks("FRM-011")
class NeedsATypeThatIsText(GoesDeaf):
    def chokes(self, raw: str | bytes) -> bool:
        message = _parsed(raw)
        return isinstance(message, dict) and not isinstance(message.get("type"), str) and raw != ""


@breaks("FRM-012")
class ChokesOnEmptyBaggage(GoesDeaf):
    def chokes(self, raw: str | bytes) -> bool:
        message = _parsed(raw)
        return isinstance(message, dict) and message.get("baggage") == ""


@breaks("FRM-012")
class DropsCallsOutsideOfTraces(Worker):
    async def start(self, socket: ClientConnection, message: Json) -> None:
        trace = message.get("traceparent")
        if trace is None or trace.count("-") == 3:
            await super().start(socket, message)


class SaysGoodbyeWith(Plain):
    """Ends its connection with a close frame of its own making."""

    payload: bytes

    async def goodbye(self) -> None:
        if self.socket is not None:
            mask = b"\x11\x22\x33\x44"
            masked = bytes(byte ^ mask[at % 4] for at, byte in enumerate(self.payload))
            frame = bytes([0x88, 0x80 | len(self.payload)]) + mask + masked
            self.socket.transport.write(frame)
            await asyncio.sleep(0.3)
            self.socket.transport.close()


@breaks("FRM-013")
class ClosesWithAReservedCode(SaysGoodbyeWith):
    payload = (1006).to_bytes(2, "big") + b"bye"


@breaks("FRM-013")
class ClosesWithHalfACode(SaysGoodbyeWith):
    payload = b"\x03"


@breaks("FRM-013", seen_in=("odd_data",))
class WritesNoUtf8(Plain):
    async def reply(self, socket: ClientConnection, message: Json, body: Json) -> None:
        if isinstance(message.get("data"), list):
            await socket.send(b'{"type":"pong","x":"\xc3\x28"}', text=True)
        await super().reply(socket, message, body)


@breaks("FRM-002", seen_in=("odd_data",))
class WritesErrorsAsTextNowAndThen(Plain):
    async def outcome(self, message: Json) -> Json:
        body = await super().outcome(message)
        return {"error": "no list, please"} if isinstance(message.get("data"), list) else body


@breaks("FRM-001", seen_in=("odd_data",))
class WritesALogLineNowAndThen(Plain):
    async def outcome(self, message: Json) -> Json:
        if isinstance(message.get("data"), list) and self.socket is not None:
            await self.socket.send("WARN a list came")
        return await super().outcome(message)
