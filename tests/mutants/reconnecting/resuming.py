"""Mutants that serve wrongly after a loss."""

from __future__ import annotations

import asyncio
import contextlib

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from tests.mutants.catalogue import breaks
from tests.mutants.ready import Silent
from tests.mutants.worker import Json, Worker


@breaks("REC-034")
class AnswersPingsOfItsFirstConnection(Worker):
    async def dial(self) -> ClientConnection:
        return await (
            connect(self.url(), create_connection=Silent) if self.connects else super().dial()
        )


@breaks("REC-016")
class AnswersOnTheNewConnection(Worker):
    async def reply(self, socket: ClientConnection, message: Json, body: Json) -> None:
        assert self.socket is not None
        await super().reply(self.socket, message, body)


@breaks("REC-016")
class KeepsAnswersForLater(Worker):
    """Queues what cannot be sent, as the official SDKs do."""

    def __init__(self) -> None:
        super().__init__()
        self.unsent: list[Json] = []

    async def invoke(self, socket: ClientConnection, message: Json) -> None:
        body = await self.outcome(message)
        if not message.get("invocation_id"):
            return
        try:
            await self.reply(socket, message, body)
        except ConnectionClosed:
            self.unsent.append((message, body))

    async def announce(self, socket: ClientConnection) -> None:
        await super().announce(socket)
        for message, body in self.unsent:
            await self.reply(socket, message, body)
        self.unsent.clear()


@breaks("REC-033")
class AnswersOnItsFirstConnection(Worker):
    async def reply(self, socket: ClientConnection, message: Json, body: Json) -> None:
        first = self.__dict__.setdefault("first", socket)
        await super().reply(first, message, body)


@breaks("REC-033")
class ListensTwiceAfterALoss(Worker):
    async def start(self, socket: ClientConnection, message: Json) -> None:
        for _ in range(self.connects):
            await super().start(socket, message)


@breaks("REC-033")
class LosesItsHandlers(Worker):
    async def outcome(self, message: Json) -> Json:
        own = message["function_id"].startswith("mutant::")
        return (
            self.unknown(message) if own and self.connects > 1 else await super().outcome(message)
        )


@breaks("REC-035")
class ProvidesOnItsFirstConnection(Worker):
    async def bind(self, socket: ClientConnection, message: Json) -> None:
        if self.connects < 2:
            await super().bind(socket, message)


@breaks("REC-036")
class BeginsTwoAttempts(Worker):
    """Counts a failed attempt twice: once for its error and once for its end."""

    async def dial(self) -> ClientConnection:
        try:
            return await super().dial()
        except OSError:
            if self.connects:
                self.running.add(asyncio.ensure_future(self.try_as_well()))
            raise

    async def try_as_well(self) -> None:
        await asyncio.sleep(1.7)
        with contextlib.suppress(OSError):
            await self.session(await super().dial())
