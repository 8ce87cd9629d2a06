"""Mutants that come back wrongly, or not at all."""

from __future__ import annotations

from websockets.asyncio.client import ClientConnection
from websockets.exceptions import ConnectionClosed, InvalidHandshake

from tests.mutants.catalogue import breaks
from tests.mutants.worker import Json, Worker


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


@breaks("REC-008")
class ForgetsItsTriggers(Worker):
    def triggers(self) -> list[Json]:
        return super().triggers()[: 2 if self.connects == 0 else 1]


@breaks("REC-009")
class RegistersAgainAndAgain(Worker):
    def triggers(self) -> list[Json]:
        again = super().triggers() if self.connects else []
        return [*super().triggers(), *again]


@breaks("REC-010")
class ReconnectsAtOnce(Worker):
    def delay(self, attempt: int) -> float:
        return 0.01


@breaks("REC-011")
class AnnouncesOnlyOnce(Worker):
    async def announce(self, socket: ClientConnection) -> None:
        if self.connects == 0:
            await super().announce(socket)


@breaks("REC-012")
class InsistsOnItsName(Worker):
    def rejected(self, message: Json) -> None:
        return None


@breaks("REC-013")
class StaysAwayAfterACloseWithoutACode(Worker):
    def gives_up(self, fault: Exception) -> bool:
        return isinstance(fault, ConnectionClosed) and bool(fault.rcvd and fault.rcvd.code == 1005)


@breaks("REC-014")
class StaysAwayAfterAnEnd(StaysAway):
    code = None


@breaks("REC-015")
class RenamesItsTriggers(Worker):
    def triggers(self) -> list[Json]:
        return [{**trigger, "id": self.fresh_id()} for trigger in super().triggers()]


@breaks("REC-016")
class AnswersOnTheNewConnection(Worker):
    async def reply(self, socket: ClientConnection, message: Json, body: Json) -> None:
        assert self.socket is not None
        await super().reply(self.socket, message, body)
