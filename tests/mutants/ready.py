"""Mutants that do not stay alive, stay connected and answer pings quickly."""

from __future__ import annotations

import asyncio
import os
import sys
import time
from dataclasses import replace
from typing import Any

from websockets.asyncio.client import ClientConnection, connect
from websockets.frames import Frame, Opcode

from tests.mutants.catalogue import breaks
from tests.mutants.plain import Plain
from tests.mutants.unprepared import Shop
from tests.mutants.worker import Json, Worker


@breaks("RDY-001")
class EndsByItself(Worker):
    async def session(self, socket: ClientConnection) -> None:
        asyncio.get_running_loop().call_later(1.5, os._exit, 0)
        await super().session(socket)


@breaks("RDY-002")
class LeavesPingsUnanswered(Worker):
    async def dial(self) -> ClientConnection:
        return await connect(self.url(), create_connection=Silent)


class Silent(ClientConnection):
    def __init__(self, protocol: Any, **options: Any) -> None:
        send_frame = protocol.send_frame
        protocol.send_frame = lambda frame: frame.opcode is Opcode.PONG or send_frame(frame)
        super().__init__(protocol, **options)


@breaks("RDY-003")
class IgnoresPingMessages(Worker):
    async def dispatch(self, socket: ClientConnection, message: Json) -> None:
        if message.get("type") != "ping":
            await super().dispatch(socket, message)


@breaks("RDY-004")
class BlocksWhileItSleeps(Worker):
    async def sleep(self, data: Json) -> Json:
        time.sleep(data["ms"] / 1000)  # noqa: ASYNC251 - the mistake it is made for
        return {"slept_ms": data["ms"]}


@breaks("RDY-004")
class BlocksWhileItCounts(Shop):
    async def total(self, data: Json) -> Json:
        found = await super().total(data)
        time.sleep(2)  # noqa: ASYNC251 - the mistake it is made for
        return found


@breaks("RDY-005")
class DiesWhenNobodyReads(Worker):
    def gives_up(self, fault: Exception) -> bool:
        try:
            print("lost the engine", flush=True)
        except BrokenPipeError:
            os._exit(1)
        return False


@breaks("RDY-005")
class GoesDeafWhenNobodyReads(Worker):
    async def receive(self, socket: ClientConnection, raw: str | bytes) -> None:
        try:
            print("received", len(raw), flush=True)
        except BrokenPipeError:
            sys.stdout = None
            await self.stopping.wait()
        await super().receive(socket, raw)


@breaks("RDY-006")
class NeverPings(Worker):
    pings_every = None


@breaks("RDY-007")
class TrustsASilentConnection(Worker):
    pings_every = None


@breaks("RDY-001")
class DiesOfAnUnknownFunction(Plain):
    def unknown(self, message: Json) -> Json:
        os._exit(1)


@breaks("RDY-001")
class PartsWithTheEngineNowAndThen(Plain):
    """Treats silence as the end of the connection, and reconnects a moment later."""

    async def session(self, socket: ClientConnection) -> None:
        asyncio.get_running_loop().call_later(
            1.0, lambda: asyncio.ensure_future(socket.close(1000))
        )
        await super().session(socket)

    def delay(self, attempt: int) -> float:
        return 0.3


@breaks("RDY-001", seen_in=("with_a_query",))
class DiesOfAQuery(Plain):
    def url(self) -> str:
        if "?" in super().url():
            os._exit(2)
        return super().url()


@breaks("RDY-001", seen_in=("blank_environment",))
class GoesDeafWithoutAName(Plain):
    async def receive(self, socket: ClientConnection, raw: str | bytes) -> None:
        if os.environ.get("III_WORKER_NAME") != " ":
            await super().receive(socket, raw)


@breaks("RDY-006")
class NeverPingsAtAll(Plain):
    pings_every = None


class Shortens(ClientConnection):
    """Answers pings with as much of their payload as fits into a small buffer."""

    def __init__(self, protocol: Any, **options: Any) -> None:
        send_frame = protocol.send_frame

        def shortened(frame: Frame) -> None:
            pong = frame.opcode is Opcode.PONG
            send_frame(replace(frame, data=frame.data[:32]) if pong else frame)

        protocol.send_frame = shortened
        super().__init__(protocol, **options)


@breaks("RDY-002")
class ShortensItsPongs(Plain):
    async def dial(self) -> ClientConnection:
        return await connect(self.url(), create_connection=Shortens)


class Ponders(Silent):
    """Does not answer a ping without a payload."""

    def __init__(self, protocol: Any, **options: Any) -> None:
        send_frame = protocol.send_frame
        super().__init__(protocol, **options)
        protocol.send_frame = lambda frame: (
            (frame.opcode is Opcode.PONG and not frame.data) or send_frame(frame)
        )


@breaks("RDY-002")
class IgnoresEmptyPings(Plain):
    async def dial(self) -> ClientConnection:
        return await connect(self.url(), create_connection=Ponders)
