"""Mutants that provide a trigger type wrongly."""

from __future__ import annotations

import asyncio

from websockets.asyncio.client import ClientConnection

from tests.mutants.catalogue import breaks
from tests.mutants.plain import Ticking
from tests.mutants.unprepared import Sales
from tests.mutants.worker import Json, Worker


@breaks("PRV-001")
class SaysNothingToTriggers(Worker):
    async def bind(self, socket: ClientConnection, message: Json) -> None:
        return None


@breaks("PRV-002")
class TakesAnyTrigger(Worker):
    async def bind(self, socket: ClientConnection, message: Json) -> None:
        own = {**message, "trigger_type": "mutant-tick"}
        await super().bind(socket, own)


@breaks("PRV-003")
class TakesATriggerOnce(Worker):
    async def bind(self, socket: ClientConnection, message: Json) -> None:
        known = self.__dict__.setdefault("known", set())
        if message["id"] in known:
            names = ("id", "trigger_type", "function_id")
            answer = {name: message[name] for name in names}
            answer["error"] = {"code": "trigger_registration_failed", "message": "known already"}
            await self.send(socket, {"type": "triggerregistrationresult", **answer})
            return
        known.add(message["id"])
        await super().bind(socket, message)


@breaks("PRV-004")
class AsksForMoreToTakeDown(Worker):
    async def unbind(self, message: Json) -> None:
        await asyncio.Future() if "config" not in message else None


@breaks("PRV-001")
class AnswersForAnotherTrigger(Worker):
    async def bind(self, socket: ClientConnection, message: Json) -> None:
        await super().bind(socket, {**message, "function_id": "mutant::other"})


@breaks("PRV-005")
class RefusesWithACodeOfItsOwn(Worker):
    async def send(self, socket: ClientConnection, message: Json) -> None:
        if message["type"] == "triggerregistrationresult" and message.get("error"):
            message = {**message, "error": {**message["error"], "code": "nope"}}
        await super().send(socket, message)


@breaks("PRV-006")
class ConfirmsTeardowns(Worker):
    async def unbind(self, message: Json) -> None:
        await super().unbind(message)
        assert self.socket is not None
        names = {"id": message["id"], "trigger_type": message["trigger_type"]}
        answer = {"type": "triggerregistrationresult", **names, "function_id": "a"}
        await self.send(self.socket, answer)


@breaks("PRV-007")
class FiresAtHome(Worker):
    def binding_fields(self, binding: Json) -> Json:
        return {"metadata": binding.get("metadata")}


@breaks("PRV-007")
class FiresWithoutMetadata(Worker):
    def binding_fields(self, binding: Json) -> Json:
        return {"namespace": binding.get("namespace")}


@breaks("PRV-008")
class KeepsWhatWasTakenBack(Worker):
    async def unbind(self, message: Json) -> None:
        return None


@breaks("PRV-009")
class KeepsEachOffer(Worker):
    async def list_bindings(self, data: Json) -> Json:
        return {"bindings": getattr(self, "offers", [])}

    async def bind(self, socket: ClientConnection, message: Json) -> None:
        self.offers = [*getattr(self, "offers", []), message]
        await super().bind(socket, message)

    async def unbind(self, message: Json) -> None:
        self.offers = [offer for offer in self.offers if offer["id"] != message["id"]]
        await super().unbind(message)


@breaks("PRV-002")
class RefusesInPlainText(Worker):
    async def bind(self, socket: ClientConnection, message: Json) -> None:
        if message["trigger_type"] == "mutant-tick":
            await super().bind(socket, message)
            return
        names = ("id", "trigger_type", "function_id")
        refusal = {name: message[name] for name in names} | {"error": "unknown type"}
        await self.send(socket, {"type": "triggerregistrationresult", **refusal})


@breaks("PRV-002")
class TakesAnyTriggerUnprepared(Ticking):
    async def bind(self, socket: ClientConnection, message: Json) -> None:
        await super().bind(socket, {**message, "trigger_type": "mutant-tick"})


@breaks("PRV-006")
class ConfirmsTeardownsLater(Ticking):
    async def unbind(self, message: Json) -> None:
        await super().unbind(message)
        assert self.socket is not None
        answer = {"type": "triggerregistrationresult", "id": message["id"]}
        answer |= {"trigger_type": message["trigger_type"], "function_id": "a::b"}
        await asyncio.sleep(0.2)
        await self.send(self.socket, answer)


@breaks("PRV-007")
class TicksWithoutMetadata(Ticking):
    def binding_fields(self, binding: Json) -> Json:
        return {"namespace": binding.get("namespace")}


@breaks("PRV-008")
class TicksForEver(Ticking):
    async def unbind(self, message: Json) -> None:
        return None


@breaks("PRV-007")
class TicksWithMetadataAtFirst(Ticking):
    told = False

    def binding_fields(self, binding: Json) -> Json:
        fields = super().binding_fields(binding)
        if self.told:
            fields = {**fields, "metadata": None}
        self.told = True
        return fields


@breaks("PRV-009")
class TicksForEachOffer(Ticking):
    async def bind(self, socket: ClientConnection, message: Json) -> None:
        again = message["id"] in self.bindings
        await super().bind(socket, message)
        if again:
            self.second = asyncio.create_task(self.tick(socket, message["id"]))


@breaks("PRV-007")
class SellsWithoutMetadata(Sales):
    def binding_fields(self, binding: Json) -> Json:
        return {"namespace": binding.get("namespace")}


@breaks("PRV-008")
class TellsOfSalesForEver(Sales):
    async def unbind(self, message: Json) -> None:
        return None


@breaks("PRV-009")
class TellsOfSalesForEachOffer(Sales):
    def __init__(self) -> None:
        super().__init__()
        self.offers: list[Json] = []

    def held(self) -> list[Json]:
        return self.offers

    async def bind(self, socket: ClientConnection, message: Json) -> None:
        self.offers.append(message)
        await super().bind(socket, message)

    async def unbind(self, message: Json) -> None:
        self.offers = [offer for offer in self.offers if offer["id"] != message["id"]]
