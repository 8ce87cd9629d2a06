"""Mutants that send or read messages wrongly."""

from __future__ import annotations

import asyncio
import json
from typing import Any

from websockets.asyncio.client import ClientConnection, connect
from websockets.frames import Close, Frame, Opcode

from tests.mutants.catalogue import breaks
from tests.mutants.plain import Plain
from tests.mutants.unprepared import Shop
from tests.mutants.worker import Json, Worker

KNOWN = {"type", "invocation_id", "function_id", "data", "metadata", "traceparent", "baggage"}


class GoesDeaf(Worker):
    """Stops reading, with the socket open, once ``chokes`` returns true."""

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
    """Ends its connection with its own kind of close frame."""

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


@breaks("FRM-001")
class BeginsWithAByteOrderMark(Plain):
    async def announce(self, socket: ClientConnection) -> None:
        await super().announce(socket)
        await socket.send("\ufeff" + json.dumps({"type": "pong"}))


class Rereads(Worker):
    """Reads messages through a wrong model: ``misread`` says which ones it drops."""

    def misread(self, message: Json) -> bool:
        raise NotImplementedError

    async def dispatch(self, socket: ClientConnection, message: Json) -> None:
        if not self.misread(message):
            await super().dispatch(socket, message)


@breaks("FRM-004")
class KnowsEveryFieldOfAnOffer(Rereads, Plain):
    fields = {"type", "id", "trigger_type", "function_id", "config", "metadata", "namespace"}

    def misread(self, message: Json) -> bool:
        return message["type"] == "registertrigger" and not set(message) <= self.fields


@breaks("FRM-004")
class KnowsEveryFieldOfAnAnswer(Rereads, Shop):
    fields = {"type", "invocation_id", "function_id", "result", "error", "traceparent", "baggage"}
    patience = 2.0

    def misread(self, message: Json) -> bool:
        return message["type"] == "invocationresult" and not set(message) <= self.fields


@breaks("FRM-009")
class TakesNullForAnError(Rereads, Shop):
    patience = 2.0

    def misread(self, message: Json) -> bool:
        return message["type"] == "invocationresult" and message.get("error", 0) is None


@breaks("FRM-009")
class TakesNoOfferWithoutMetadata(Rereads, Plain):
    def misread(self, message: Json) -> bool:
        return message["type"] == "registertrigger" and message.get("metadata", 0) is None


@breaks("FRM-013")
class ReadsEachFrameAlone(Plain):
    """Takes every frame for a message, as a hand-written reader may."""

    async def session(self, socket: ClientConnection) -> None:
        recv = socket.recv_streaming

        async def first_part(*_: object) -> str | bytes:
            parts = [part async for part in recv()]
            return parts[0]

        socket.recv = first_part  # type: ignore[method-assign,assignment]
        await super().session(socket)


class Curt(ClientConnection):
    """Ends the TCP stream when a close frame arrives, without sending one."""

    def __init__(self, protocol: Any, **options: Any) -> None:
        send_frame = protocol.send_frame
        protocol.send_frame = lambda frame: frame.opcode is Opcode.CLOSE or send_frame(frame)
        super().__init__(protocol, **options)


@breaks("FRM-013", seen_in=("first_series", "second_series"))
class AnswersNoCloseFrame(Plain):
    async def dial(self) -> ClientConnection:
        return await connect(self.url(), create_connection=Curt, close_timeout=2)

    async def goodbye(self) -> None:
        return None


@breaks("FRM-013")
class SpeaksAfterItsGoodbye(Plain):
    async def goodbye(self) -> None:
        if self.socket is not None:
            close = Frame(Opcode.CLOSE, Close(1000, "").serialize())
            more = Frame(Opcode.TEXT, b'{"type": "pong"}')
            raw = b"".join(frame.serialize(mask=True) for frame in (close, more))
            self.socket.transport.write(raw)
            await self.socket.wait_closed()


@breaks("FRM-013")
class MasksAllAlike(Plain):
    async def dial(self) -> ClientConnection:
        return await connect(self.url(), create_connection=_Unmasked)


class _Unmasked(ClientConnection):
    def __init__(self, protocol: Any, **options: Any) -> None:
        def send_frame(frame: Frame) -> None:
            raw = bytearray(frame.serialize(mask=False))
            size = 2 if raw[1] < 126 else 4 if raw[1] == 126 else 10
            raw[1] |= 0x80
            raw[size:size] = bytes(4)
            protocol.writes.append(bytes(raw))

        protocol.send_frame = send_frame
        super().__init__(protocol, **options)


@breaks("FRM-013", seen_in=("payloads",))
class SendsOtherTextsBetweenFragments(Worker):
    async def send(self, socket: ClientConnection, message: Json) -> None:
        raw = json.dumps(message).encode()
        if len(raw) < 2**20:
            await super().send(socket, message)
            return
        socket.protocol.send_frame(Frame(Opcode.TEXT, raw[:1000], fin=False))
        socket.send_data()
        await asyncio.sleep(0.02)
        socket.protocol.send_frame(Frame(Opcode.CONT, raw[1000:]))
        socket.send_data()
