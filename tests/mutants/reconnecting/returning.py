"""Mutants that do not come back."""

from __future__ import annotations

import asyncio

from websockets.asyncio.client import ClientConnection
from websockets.exceptions import ConnectionClosed, InvalidHandshake

from tests.mutants.catalogue import breaks
from tests.mutants.plain import Plain
from tests.mutants.worker import Worker


class StaysAway(Worker):
    """Does not reconnect after a close frame with ``code``."""

    code: int | None

    def gives_up(self, fault: Exception) -> bool:
        if not isinstance(fault, ConnectionClosed):
            return False
        return (fault.rcvd.code if fault.rcvd else None) == self.code


@breaks("REC-001")
class StaysAwayAfter1000(StaysAway):
    code = 1000


@breaks("REC-002")
class StaysAwayAfter1001(StaysAway):
    code = 1001


@breaks("REC-003")
class StaysAwayAfter1011(StaysAway):
    code = 1011


@breaks("REC-004")
class StaysAwayAfterAReset(StaysAway):
    code = None


@breaks("REC-005")
class StaysAwayAfterARefusal(Worker):
    def gives_up(self, fault: Exception) -> bool:
        return isinstance(fault, InvalidHandshake)


@breaks("REC-005")
class GivesUpAfterTwoRefusals(Worker):
    refusals = 0

    def gives_up(self, fault: Exception) -> bool:
        self.refusals += isinstance(fault, InvalidHandshake)
        return self.refusals == 2


@breaks("REC-013")
class StaysAwayAfterACloseWithoutACode(Worker):
    def gives_up(self, fault: Exception) -> bool:
        return isinstance(fault, ConnectionClosed) and bool(fault.rcvd and fault.rcvd.code == 1005)


@breaks("REC-014")
class StaysAwayAfterAnEnd(StaysAway):
    code = None


@breaks("REC-017")
class GivesUpWhenTheEngineIsAway(Worker):
    def gives_up(self, fault: Exception) -> bool:
        return self.connects > 0 and isinstance(fault, ConnectionRefusedError)


@breaks("REC-018")
class GivesUpWhenAHandshakeEnds(Worker):
    def gives_up(self, fault: Exception) -> bool:
        handshake = isinstance(fault, InvalidHandshake | EOFError | ConnectionResetError)
        return handshake and "503" not in str(fault)


@breaks("REC-019")
class DiesOfGarbage(Worker):
    def gives_up(self, fault: Exception) -> bool:
        sent = fault.sent if isinstance(fault, ConnectionClosed) else None
        return sent is not None and sent.code in (1002, 1007)


@breaks("REC-020")
class TakesPrivateCodesForFinal(StaysAway):
    code = 4000


@breaks("REC-022")
class ComesBackAsAStranger(Worker):
    """Does not reattach under a fixed name: the old connection still holds the name."""

    def reattaches(self) -> bool:
        return False

    def name(self) -> str:
        return "fixed"


class DiesOfALossWhileItReplays(Worker):
    """Catches what ends a connection that it serves, and not what ends one that it writes to."""

    async def open(self, socket: ClientConnection) -> None:
        try:
            for_engine = self.registrations()
            if self.reattaches():
                await self.send(socket, self.reattachment())
            for registration in for_engine:
                await self.send(socket, registration)
                await self.breathe()
            await self.announce(socket)
        except ConnectionClosed:
            await self.stopping.wait()

    async def breathe(self) -> None:
        """Let other tasks run, or do not."""


@breaks("REC-023")
class DiesInTheMidstOfItsReplay(DiesOfALossWhileItReplays):
    async def breathe(self) -> None:
        if self.connects:
            await asyncio.sleep(0.001)


@breaks("REC-023")
class DiesOfItsFirstWrite(DiesOfALossWhileItReplays):
    """Writes its replay in one go, so only a loss right behind the handshake meets a write."""


@breaks("REC-025")
class TakesAPolicyForFinal(StaysAway):
    code = 1008


@breaks("REC-031")
class TakesARestartForFinal(StaysAway):
    code = 1012


@breaks("REC-032")
class NeverTriesAgainLater(StaysAway):
    code = 1013


@breaks("REC-004")
class HasThreeLives(Plain):
    def gives_up(self, fault: Exception) -> bool:
        return self.connects > 3


@breaks("REC-004", full=True)
class CountsItsLosses(Plain):
    """Has nine attempts for its whole life, instead of nine for each outage."""

    def gives_up(self, fault: Exception) -> bool:
        return self.connects > 9
