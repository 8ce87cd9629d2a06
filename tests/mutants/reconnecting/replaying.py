"""Mutants that register wrongly after a loss."""

from __future__ import annotations

from websockets.asyncio.client import ClientConnection

from tests.mutants.catalogue import breaks
from tests.mutants.unprepared import Aisles
from tests.mutants.worker import Json, Worker


@breaks("REC-008")
class ForgetsItsTriggers(Worker):
    def triggers(self) -> list[Json]:
        return super().triggers()[: 2 if self.connects == 0 else 1]


@breaks("REC-009")
class RegistersAgainAndAgain(Worker):
    def triggers(self) -> list[Json]:
        again = super().triggers() if self.connects else []
        return [*super().triggers(), *again]


@breaks("REC-011")
class AnnouncesOnlyOnce(Worker):
    async def announce(self, socket: ClientConnection) -> None:
        if self.connects == 0:
            await super().announce(socket)


@breaks("REC-015")
class RenamesItsTriggers(Worker):
    def triggers(self) -> list[Json]:
        return [{**trigger, "id": self.fresh_id()} for trigger in super().triggers()]


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


@breaks("REC-011")
class AnnouncesOnTwoConnections(Worker):
    async def announce(self, socket: ClientConnection) -> None:
        if self.connects < 2:
            await super().announce(socket)


@breaks("REC-024")
class ReplaysWhatItTookBack(Worker):
    def forget_function(self, function_id: str) -> None:
        return None


@breaks("REC-026")
class ReplaysTriggersFirst(Worker):
    def registrations(self) -> list[Json]:
        found = super().registrations()
        return found if self.connects == 0 else found[::-1]


@breaks("REC-008")
class ReplaysTheTriggersItBeganWith(Worker):
    def registrations(self) -> list[Json]:
        added = self.extra_triggers.values()
        return [each for each in super().registrations() if each not in added]


@breaks("REC-024")
class RemembersTakenTriggers(Worker):
    def forget_trigger(self, trigger_id: str) -> None:
        return None


@breaks("REC-024")
class OpensClosedAislesAgain(Aisles):
    def forget_function(self, function_id: str) -> None:
        self.__dict__.setdefault("closed", {})[function_id] = self.extra.pop(function_id)

    def registrations(self) -> list[Json]:
        return [*super().registrations(), *self.__dict__.get("closed", {}).values()]


@breaks("REC-008")
class ReplaysFunctionsWithoutTheirFormats(Worker):
    def functions(self) -> list[Json]:
        found = super().functions()
        if self.connects == 0:
            return found
        return [{**each, "request_format": None} for each in found]
