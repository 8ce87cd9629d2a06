"""Mutants that come back with another identity."""

from __future__ import annotations

from websockets.asyncio.client import ClientConnection

from tests.mutants.catalogue import breaks
from tests.mutants.worker import Json, Worker


@breaks("REC-006")
class NeverReattaches(Worker):
    def reattaches(self) -> bool:
        return False


@breaks("REC-006")
class ReattachesLast(Worker):
    async def open(self, socket: ClientConnection) -> None:
        previous, self.previous = self.previous, None
        await super().open(socket)
        if previous is not None:
            self.previous = previous
            await self.send(socket, self.reattachment())


@breaks("REC-006")
class ReattachesWithAWrongToken(Worker):
    def reattachment(self) -> Json:
        return {**super().reattachment(), "reattach_token": "0b7e1a52-0000-4000-8000-000000000000"}


@breaks("REC-007")
class ReattachesAtOnce(Worker):
    def reattaches(self) -> bool:
        if self.previous is None:
            stale = "0b7e1a52-0000-4000-8000-000000000000"
            self.previous = {"worker_id": stale, "reattach_token": stale}
        return True


@breaks("REC-006")
class ReattachesToItsFirstConnection(Worker):
    def remember(self, greeting: Json) -> None:
        self.previous = self.previous or greeting


@breaks("REC-006")
class ReattachesOnlyOnce(Worker):
    def reattaches(self) -> bool:
        return self.connects == 1


@breaks("REC-006")
class ReattachesWithoutItsToken(Worker):
    def reattachment(self) -> Json:
        return {**super().reattachment(), "reattach_token": None}
