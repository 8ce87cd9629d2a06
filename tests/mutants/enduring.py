"""Mutants that do not last."""

from __future__ import annotations

import os
import sys

from websockets.asyncio.client import ClientConnection
from websockets.exceptions import InvalidHandshake

from tests.mutants.catalogue import breaks
from tests.mutants.worker import Json, Worker


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
            sys.stdout = None  # type: ignore[assignment]
            await self.stopping.wait()
        await super().receive(socket, raw)


@breaks("RDY-006")
class NeverPings(Worker):
    pings_every = None


@breaks("RDY-007")
class TrustsASilentConnection(Worker):
    pings_every = None


@breaks("REC-027")
class GivesUpAfterFourTries(Worker):
    tries = 0

    def gives_up(self, fault: Exception) -> bool:
        self.tries = self.tries + 1 if isinstance(fault, InvalidHandshake) else 0
        return self.tries > 4

    def delay(self, attempt: int) -> float:
        return 1.0


@breaks("REC-028")
class TriesAllTheTime(Worker):
    def delay(self, attempt: int) -> float:
        return 0.4


@breaks("INV-030")
class StopsAfterAThousand(Worker):
    served = 0

    async def start(self, socket: ClientConnection, message: Json) -> None:
        self.served += 1
        if self.served < 1000:
            await super().start(socket, message)


@breaks("INV-033")
class KeepsWhatItAnswered(Worker):
    async def reply(self, socket: ClientConnection, message: Json, body: Json) -> None:
        self.__dict__.setdefault("kept", []).append(os.urandom(2000))
        await super().reply(socket, message, body)


@breaks("INV-033")
class LosesFilesNowAndThen(Worker):
    async def reply(self, socket: ClientConnection, message: Json, body: Json) -> None:
        self.calls = getattr(self, "calls", 0) + 1
        if self.calls % 20 == 0:
            os.open(os.devnull, os.O_RDONLY)
        await super().reply(socket, message, body)
