"""Mutants that come back wrongly, or not at all."""

from __future__ import annotations

import asyncio
import contextlib

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


@breaks("REC-005")
class GivesUpAfterTwoRefusals(Worker):
    refusals = 0

    def gives_up(self, fault: Exception) -> bool:
        self.refusals += isinstance(fault, InvalidHandshake)
        return self.refusals == 2


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


@breaks("REC-008")
class ForgetsAllAfterTheSecondReconnect(Worker):
    def registrations(self) -> list[Json]:
        return super().registrations() if self.connects < 2 else []


@breaks("REC-008")
class ReplaysOnlyItsFirstHundred(Worker):
    def registrations(self) -> list[Json]:
        return super().registrations()[:100]


@breaks("REC-008")
class ForgetsItsTriggerTypes(Worker):
    def trigger_types(self) -> list[Json]:
        return super().trigger_types() if self.connects == 0 else []


@breaks("REC-009")
class SendsItsQueueAndItsList(Worker):
    def functions(self) -> list[Json]:
        again = super().functions()[:1] if self.connects > 1 else []
        return [*super().functions(), *again]


@breaks("REC-010")
class SpinsOnceRefused(Worker):
    def delay(self, attempt: int) -> float:
        return 1.0 if attempt == 1 else 0.02


@breaks("REC-011")
class AnnouncesOnTwoConnections(Worker):
    async def announce(self, socket: ClientConnection) -> None:
        if self.connects < 2:
            await super().announce(socket)


@breaks("REC-016")
class KeepsAnswersForLater(Worker):
    """Puts what cannot be sent into a queue, as the official SDKs do."""

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


@breaks("REC-021")
class WaitsLongerEachTime(Worker):
    def delay(self, attempt: int) -> float:
        return min(2 ** max(self.connects - 1, 0), 30)


@breaks("REC-022")
class ComesBackAsAStranger(Worker):
    """Does not reattach under a fixed name: the old connection, still there, keeps it out."""

    def reattaches(self) -> bool:
        return False

    def name(self) -> str:
        return "fixed"


@breaks("REC-023")
class DiesInTheMidstOfItsReplay(Worker):
    async def open(self, socket: ClientConnection) -> None:
        try:
            for_engine = self.registrations()
            if self.reattaches():
                await self.send(socket, self.reattachment())
            for registration in for_engine:
                await self.send(socket, registration)
                if self.connects:
                    await asyncio.sleep(0.001)
            await self.announce(socket)
        except ConnectionClosed:
            await self.stopping.wait()


@breaks("REC-024")
class ReplaysWhatItTookBack(Worker):
    def forget_function(self, function_id: str) -> None:
        return None


@breaks("REC-025")
class TakesAPolicyForFinal(StaysAway):
    code = 1008


@breaks("REC-031")
class TakesARestartForFinal(StaysAway):
    code = 1012


@breaks("REC-032")
class NeverTriesAgainLater(StaysAway):
    code = 1013


@breaks("REC-026")
class ReplaysTriggersFirst(Worker):
    def registrations(self) -> list[Json]:
        found = super().registrations()
        return found if self.connects == 0 else found[::-1]


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
    """Counts a failed try twice, as where both its error and its end begin the next one."""

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


@breaks("REC-008")
class ReplaysTheTriggersItBeganWith(Worker):
    def registrations(self) -> list[Json]:
        added = self.extra_triggers.values()
        return [each for each in super().registrations() if each not in added]


@breaks("REC-024")
class RemembersTakenTriggers(Worker):
    def forget_trigger(self, trigger_id: str) -> None:
        return None
