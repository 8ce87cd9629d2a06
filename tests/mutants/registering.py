"""Mutants that register wrongly."""

from __future__ import annotations

import json
import os

from websockets.asyncio.client import ClientConnection

from tests.mutants.catalogue import breaks
from tests.mutants.plain import Plain
from tests.mutants.unprepared import Aisles, SwitchedAisles
from tests.mutants.worker import Json, Worker


@breaks("REG-012")
class RegistersTwiceWhenLate(Worker):
    """Queues its registrations while there is no engine, and replays them as well."""

    def gives_up(self, fault: Exception) -> bool:
        self.late = True
        return False

    def functions(self) -> list[Json]:
        again = super().functions() if getattr(self, "late", False) and not self.connects else []
        return [*again, *super().functions()]


@breaks("REG-012")
class ForgetsWhatItRegisteredOffline(RegistersTwiceWhenLate):
    def functions(self) -> list[Json]:
        lost = getattr(self, "late", False) and not self.connects
        return Worker.functions(self)[:1] if lost else Worker.functions(self)


@breaks("REG-001")
class RegistersAnEmptyId(Worker):
    def functions(self) -> list[Json]:
        return [*super().functions(), {"type": "registerfunction", "id": ""}]


@breaks("REG-002")
class RegistersTwice(Worker):
    def functions(self) -> list[Json]:
        return [*super().functions(), *super().functions()]


@breaks("REG-002", seen_in=("odd_messages",))
class BeginsAnewAfterNonsense(Worker):
    """Registers everything again on the same connection when it cannot read a message."""

    async def receive(self, socket: ClientConnection, raw: str | bytes) -> None:
        try:
            json.loads(raw)
        except ValueError:
            await self.open(socket)
        await super().receive(socket, raw)


@breaks("REG-003")
class IgnoresTheNamingConvention(Worker):
    def functions(self) -> list[Json]:
        return [*super().functions(), {"type": "registerfunction", "id": "hello"}]

    def handlers(self):  # type: ignore[no-untyped-def]
        return {**super().handlers(), "hello": self.echo}


@breaks("REG-004")
class LeavesOutTheConfig(Worker):
    def triggers(self) -> list[Json]:
        first, *others = super().triggers()
        del first["config"]
        return [first, *others]


@breaks("REG-005")
class UsesATriggerIdTwice(Worker):
    def triggers(self) -> list[Json]:
        return [{**trigger, "id": "one-for-all"} for trigger in super().triggers()]


@breaks("REG-006")
class BindsATriggerToNothing(Worker):
    def triggers(self) -> list[Json]:
        first, *others = super().triggers()
        return [{**first, "function_id": "mutant::helo"}, *others]


@breaks("REG-007")
class SendsAFormatOfNoKnownType(Worker):
    def functions(self) -> list[Json]:
        first, *others = super().functions()
        return [{**first, "request_format": {"type": "text"}}, *others]


@breaks("REG-008")
class LeavesOutTheDescription(Worker):
    def trigger_types(self) -> list[Json]:
        return [{"type": "registertriggertype", "id": "mutant-tick"}]


@breaks("REG-009")
class DiesOfAFunctionConflict(Worker):
    def rejected(self, message: Json) -> None:
        os._exit(1)


@breaks("REG-010")
class TakesAReservedId(Worker):
    def functions(self) -> list[Json]:
        return [*super().functions(), {"type": "registerfunction", "id": "engine::mine"}]

    def handlers(self):  # type: ignore[no-untyped-def]
        return {**super().handlers(), "engine::mine": self.echo}

    def namespace(self) -> str | None:
        return "blue"


@breaks("TRG-001")
class DiesOfARefusedTrigger(Worker):
    def refused(self, message: Json) -> None:
        os._exit(1)


@breaks("REG-009")
class DropsAllAfterAConflict(Worker):
    def rejected(self, message: Json) -> None:
        self.empty = True

    def handlers(self):  # type: ignore[no-untyped-def]
        return {} if getattr(self, "empty", False) else super().handlers()


@breaks("REG-011")
class AcceptsAnyValue(Worker):
    def functions(self) -> list[Json]:
        *others, last = super().functions()
        anything = {"$schema": "http://json-schema.org/draft-07/schema#", "title": "AnyValue"}
        return [*others, {**last, "request_format": anything}]


@breaks("REG-007")
class SendsAListOfFields(Worker):
    def functions(self) -> list[Json]:
        *others, last = super().functions()
        return [*others, {**last, "request_format": [{"name": "a", "type": "string"}]}]


@breaks("REG-013")
class TakesBackByAnotherName(Worker):
    async def tell(self, message: Json) -> None:
        if message["type"] == "unregisterfunction":
            message = {"type": "unregisterfunction", "id": message["id"].rpartition("::")[2]}
        await super().tell(message)


@breaks("REG-013")
class TakesTriggersBackWithoutTheirType(Worker):
    async def tell(self, message: Json) -> None:
        if message["type"] == "unregistertrigger":
            message = {"type": "unregistertrigger", "id": message["id"]}
        await super().tell(message)


@breaks("REG-014")
class EndsForAnyReason(Worker):
    def rejected(self, message: Json) -> None:
        if message["code"] != "FUNCTION_NAMESPACE_CONFLICT":
            os._exit(1)


@breaks("TRG-002")
class KeepsRefusalsToItself(Worker):
    def refused(self, message: Json) -> None:
        return None


@breaks("REG-007")
class RefersToNothing(Worker):
    def functions(self) -> list[Json]:
        *others, last = super().functions()
        lost = {"type": "object", "properties": {"item": {"$ref": "#/$defs/Item"}}}
        return [*others, {**last, "request_format": lost}]


@breaks("TRG-003")
class DiesOfAConfirmedTrigger(Plain):
    async def dispatch(self, socket: ClientConnection, message: Json) -> None:
        if message.get("type") == "triggerregistrationresult" and message.get("error", 0) is None:
            os._exit(1)
        await super().dispatch(socket, message)


@breaks("REG-010", seen_in=("configured",))
class TakesAReservedIdInTheNamespaceItIsGiven(Plain):
    def functions(self) -> list[Json]:
        return [*super().functions(), {"type": "registerfunction", "id": "engine::mine"}]


BRIEF = {"type": "registerfunction", "id": "mutant::brief"}
"""What a worker registers after its start and removes a moment later."""


class TakesBack(Plain):
    """Removes a registration by itself, as a worker does whose settings change."""

    taken_back: Json

    async def announce(self, socket: ClientConnection) -> None:
        await super().announce(socket)
        await self.send(socket, BRIEF)
        await self.send(socket, self.taken_back)


@breaks("REG-013")
class TakesBackAnotherFunction(TakesBack):
    taken_back = {"type": "unregisterfunction", "id": "mutant::breif"}


@breaks("REG-013")
class TakesBackATriggerByItsFunction(TakesBack):
    taken_back = {"type": "unregistertrigger", "id": "mutant::hello", "trigger_type": "http"}


@breaks("REG-013")
class TakesBackATriggerWithoutItsType(TakesBack):
    def __init__(self) -> None:
        super().__init__()
        self.taken_back = {"type": "unregistertrigger", "id": self.triggers()[1]["id"]}


@breaks("REG-003")
class PutsBlanksIntoItsIds(Plain):
    def functions(self) -> list[Json]:
        return [*super().functions(), {"type": "registerfunction", "id": "mutant :: look up"}]


@breaks("REG-013")
class ClosesTheWrongAisle(Aisles):
    def withdrawal(self, function_id: str) -> Json:
        return {"type": "unregisterfunction", "id": f"closed::{function_id}"}


@breaks("REG-013")
class ClosesTheWrongAisleUntold(SwitchedAisles, ClosesTheWrongAisle):
    pass
