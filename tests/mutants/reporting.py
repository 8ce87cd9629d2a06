"""Mutants that report wrongly: telemetry, observers, channels."""

from __future__ import annotations

import asyncio
import contextlib
import os

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake

from tests.mutants.catalogue import breaks
from tests.mutants.unprepared import Exports
from tests.mutants.worker import Json, Worker


@breaks("CHN-002")
class WritesMessagesAsData(Worker):
    def pieces(self, part: Json) -> list[bytes | str]:
        return [p.encode() if isinstance(p, str) else p for p in super().pieces(part)]


@breaks("CHN-002")
class WritesDataAsText(Worker):
    def pieces(self, part: Json) -> list[bytes | str]:
        return [part["base64"]] if "base64" in part else super().pieces(part)


@breaks("CHN-002")
class ClosesBeforeItHasWritten(Worker):
    """Its close frame overtakes the messages that it still has to send."""

    async def write(self, data: Json) -> Json:
        *early, last = data["parts"]
        await super().write({**data, "parts": early})
        return {"written": len(early) + bool(last)}


@breaks("CHN-002")
class WritesMessagesFirst(Worker):
    async def write(self, data: Json) -> Json:
        parts = sorted(data["parts"], key=lambda part: "text" not in part)
        return await super().write({**data, "parts": parts})


@breaks("CHN-002")
class LeavesTheChannelOpen(Worker):
    async def write(self, data: Json) -> Json:
        self.kept = await self.channel(data["channel"])
        for part in data["parts"]:
            for piece in self.pieces(part):
                await self.kept.send(piece)
        return {"written": len(data["parts"])}


@breaks("CHN-003")
class ReadsWhatIsThere(Worker):
    """Stops at the first message that it would have to wait for."""

    async def read(self, data: Json) -> Json:
        async with self.channel(data["channel"]) as socket:
            return self.parts_read([await socket.recv(), await socket.recv()])


@breaks("CHN-003")
class ReadsDataAlone(Worker):
    def parts_read(self, parts: list[bytes | str]) -> Json:
        return super().parts_read([part for part in parts if isinstance(part, bytes)])


@breaks("CHN-003")
class ReadsEverythingAsData(Worker):
    def parts_read(self, parts: list[bytes | str]) -> Json:
        return super().parts_read([p.encode() if isinstance(p, str) else p for p in parts])


@breaks("CHN-004")
class WritesInOnePiece(Worker):
    def pieces(self, part: Json) -> list[bytes | str]:
        found = super().pieces(part)
        return found if "text" in part else [b"".join(p for p in found if isinstance(p, bytes))]


@breaks("CHN-005")
class WaitsForALostReader(Worker):
    """Keeps a channel that was broken off, because the reader may come back."""

    async def write(self, data: Json) -> Json:
        socket = await self.channel(data["channel"])
        with contextlib.suppress(ConnectionClosed):
            for part in data["parts"]:
                for piece in self.pieces(part):
                    await socket.send(piece)
        await socket.close()
        if socket.close_code != 1000:
            await asyncio.Event().wait()
        return {"written": len(data["parts"])}


@breaks("CHN-005")
class WaitsForALostWriter(Worker):
    async def read(self, data: Json) -> Json:
        try:
            return await super().read(data)
        except ConnectionClosed:
            return await asyncio.Event().wait()


class Reports(Worker):
    """Opens a second connection and sends telemetry on it."""

    path = "/otel"
    report: str | bytes = b'OTLP{"resourceSpans":[]}'

    async def session(self, socket: ClientConnection) -> None:
        reporter = asyncio.ensure_future(self.send_reports())
        try:
            await super().session(socket)
        finally:
            reporter.cancel()

    async def send_reports(self) -> None:
        failures = (OSError, InvalidHandshake, ConnectionClosed)
        with contextlib.suppress(*failures):
            async with connect(self.url() + self.path, close_timeout=1) as socket:
                while True:
                    await socket.send(self.report)
                    await asyncio.sleep(0.2)


@breaks("TEL-001")
class ReportsInText(Reports):
    report = '{"resourceSpans":[]}'


@breaks("TEL-001")
class ReportsWithoutAPrefix(Reports):
    report = b'{"resourceSpans":[]}'


@breaks("TEL-001")
class ReportsInProtobuf(Reports):
    report = b"OTLP\x0a\x9c\x01"


@breaks("TEL-001")
class ReportsInTextWhenItEnds(Worker):
    """Sends nothing before its end, as an exporter that sends in batches does."""

    async def goodbye(self) -> None:
        async with connect(f"{self.url()}/otel", close_timeout=1) as socket:
            await socket.send('{"resourceSpans":[]}')
        await super().goodbye()


@breaks("TEL-002")
class ReportsAsAWorker(Reports):
    path = "/"


@breaks("TEL-003")
class EndsWithoutTelemetry(Reports):
    async def open(self, socket: ClientConnection) -> None:
        try:
            async with connect(self.url() + self.path, close_timeout=1) as reports:
                await reports.send(self.report)
        except InvalidHandshake:
            os._exit(1)
        await super().open(socket)


@breaks("TEL-003")
class RegistersOnceTelemetryIsUp(Reports):
    async def open(self, socket: ClientConnection) -> None:
        while True:
            try:
                async with connect(self.url() + self.path, close_timeout=1):
                    break
            except InvalidHandshake:
                await self.pause(1)
        await super().open(socket)


@breaks("OBS-001")
class ObservesUndeclared(Worker):
    async def announce(self, socket: ClientConnection) -> None:
        await super().announce(socket)
        await self.send(socket, {"type": "observe", "id": "a", "function_id": "b::c"})


class Observes(Worker):
    """Observes a function as soon as the engine has registered it."""

    def description(self) -> Json:
        return {**super().description(), "features": ["observe.v1"]}

    async def dispatch(self, socket: ClientConnection, message: Json) -> None:
        await super().dispatch(socket, message)
        if "observe.v1" in (message.get("features") or ()):
            await self.observe(socket)
        if message.get("type") == "observeradded":
            names = {name: message[name] for name in ("function_id", "id", "revision")}
            await self.send(socket, {"type": "observerack", **names})

    async def observe(self, socket: ClientConnection) -> None:
        source, target = {"function_id": "somebody::else"}, {"function_id": "conformance::echo"}
        observed = {"type": "observe", "id": self.observer(), "source": source, "target": target}
        await self.send(socket, observed)

    def observer(self) -> str:
        return "0b7e1a52-0000-4000-8000-0000000000d2"


@breaks("OBS-003")
class ObservesOnlyAtFirst(Observes):
    async def observe(self, socket: ClientConnection) -> None:
        if self.connects < 2:
            await super().observe(socket)


@breaks("OBS-003")
class ObservesUnderAnotherId(Observes):
    def observer(self) -> str:
        return self.fresh_id()


@breaks("OBS-002")
class IgnoresObservers(Worker):
    def description(self) -> Json:
        return {**super().description(), "features": ["observe.v1"]}


@breaks("OBS-002")
class AcknowledgesAnotherRevision(IgnoresObservers):
    async def dispatch(self, socket: ClientConnection, message: Json) -> None:
        await super().dispatch(socket, message)
        if message.get("type") == "observeradded":
            ack = {"function_id": message["function_id"], "id": message["id"], "revision": 0}
            await self.send(socket, {"type": "observerack", **ack})


@breaks("CHN-001")
class OpensChannelsWithoutAKey(Worker):
    async def announce(self, socket: ClientConnection) -> None:
        await super().announce(socket)
        with contextlib.suppress(InvalidHandshake):
            async with connect(self.url() + "/ws/channels/0b7e1a52?direction=read"):
                return


@breaks("CHN-005")
class EndsWithAChannelItCannotOpen(Exports):
    def unwritten(self, fault: Exception) -> None:
        os._exit(1)
