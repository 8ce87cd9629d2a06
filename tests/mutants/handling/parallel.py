"""Mutants that mix up invocations, or block them."""

from __future__ import annotations

import asyncio

from websockets.asyncio.client import ClientConnection

from tests.mutants.catalogue import breaks
from tests.mutants.unprepared import Shop
from tests.mutants.worker import Json, Worker


@breaks("INV-008")
class HandlesOneAfterTheOther(Worker):
    async def start(self, socket: ClientConnection, message: Json) -> None:
        await self.invoke(socket, message)


@breaks("INV-031")
class MixesUpWhoAsked(Worker):
    async def invoke(self, socket: ClientConnection, message: Json) -> None:
        self.newest = message
        await asyncio.sleep(0)
        await super().invoke(socket, message)

    async def reply(self, socket: ClientConnection, message: Json, body: Json) -> None:
        await super().reply(socket, self.newest, body)


@breaks("INV-008")
class HandlesThreeAtATime(Worker):
    async def invoke(self, socket: ClientConnection, message: Json) -> None:
        limit = self.__dict__.setdefault("limit", asyncio.Semaphore(3))
        async with limit:
            await super().invoke(socket, message)


@breaks("INV-008")
class LocksEachFunction(Shop):
    async def invoke(self, socket: ClientConnection, message: Json) -> None:
        locks = self.__dict__.setdefault("locks", {})
        async with locks.setdefault(message["function_id"], asyncio.Lock()):
            await super().invoke(socket, message)


@breaks("INV-031")
class KeepsOneKeyForAll(Shop):
    async def get(self, data: Json) -> Json:
        self.latest = self.key(data)
        found = await super().get(data)
        return found if "error" in found else {"orderId": self.latest, **found}
