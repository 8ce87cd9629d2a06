"""Mutants that call others, or provide trigger types, wrongly."""

from __future__ import annotations

import asyncio

from websockets.asyncio.client import ClientConnection

from tests.mutants.catalogue import breaks
from tests.mutants.worker import Json, Worker


@breaks("CAL-001")
class HidesRemoteErrors(Worker):
    def told(self, answer: Json) -> Json:
        if answer.get("error"):
            return {"error": {"code": "invocation_failed", "message": "[object Object]"}}
        return super().told(answer)


@breaks("CAL-002")
class CountsItsCalls(Worker):
    def fresh_id(self) -> str:
        self.calls = getattr(self, "calls", 0) + 1
        return str(self.calls)


@breaks("CAL-003")
class LosesTheTrace(Worker):
    def trace(self, message: Json) -> Json:
        return {}


@breaks("CAL-004")
class NumbersVoidCalls(Worker):
    async def cast(self, message: Json) -> None:
        await super().cast({**message, "invocation_id": self.fresh_id()})


@breaks("CAL-005")
class WaitsForEver(Worker):
    async def ask(self, message: Json, seconds: float) -> Json:
        return await super().ask(message, 60)


@breaks("CAL-006")
class ChokesOnLateAnswers(Worker):
    async def dispatch(self, socket: ClientConnection, message: Json) -> None:
        late = message.get("invocation_id") not in self.waiting
        if message.get("type") == "invocationresult" and late:
            await self.stopping.wait()
        await super().dispatch(socket, message)


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


@breaks("CAL-010")
class CallsIntoTheDefaultNamespace(Worker):
    def namespace_of_call(self, data: Json) -> Json:
        return data.get("namespace")


@breaks("CAL-011")
class LooksForTheEngineAtHome(Worker):
    def namespace_of_call(self, data: Json) -> Json:
        return data.get("namespace") or self.namespace()


@breaks("CAL-012")
class AlwaysCallsAtHome(Worker):
    def namespace_of_call(self, data: Json) -> Json:
        return None if data["function_id"].startswith("engine::") else self.namespace()


@breaks("CAL-001")
class HidesRemoteMessages(Worker):
    def told(self, answer: Json) -> Json:
        if answer.get("error"):
            return {"error": {**answer["error"], "message": "the call failed"}}
        return super().told(answer)


@breaks("CAL-002")
class NamesItsCalls(Worker):
    def fresh_id(self) -> str:
        return "call-1"


@breaks("CAL-007")
class LosesTheBaggage(Worker):
    def trace(self, message: Json) -> Json:
        return {name: v for name, v in super().trace(message).items() if name != "baggage"}


@breaks("CAL-008")
class LeavesEmptyDataOut(Worker):
    def argument(self, data: Json) -> Json:
        return {"data": data["data"]} if data.get("data") is not None else {}


@breaks("CAL-009")
class EnqueuesWithoutAnId(Worker):
    async def ask(self, message: Json, seconds: float) -> Json:
        if not message.get("action"):
            return await super().ask(message, seconds)
        await self.send_or_keep(message, seconds)
        return {"result": None}


@breaks("CAL-013")
class LosesMetadataOfCalls(Worker):
    def told_fields(self, data: Json) -> Json:
        return {n: v for n, v in super().told_fields(data).items() if n != "metadata"}


@breaks("CAL-014")
class WaitsHoweverLong(Worker):
    async def ask(self, message: Json, seconds: float) -> Json:
        return await super().ask(message, 600 if seconds == 30 else seconds)


@breaks("CAL-015")
class DropsCallsOffline(Worker):
    def keep(self, until: float, message: Json) -> None:
        return None


@breaks("CAL-018")
class SendsKeptCallsTwice(Worker):
    async def send_kept(self, socket: ClientConnection) -> None:
        kept = list(self.outbox)
        await super().send_kept(socket)
        self.outbox = kept
        await super().send_kept(socket)


@breaks("CAL-016")
class SendsExpiredCalls(Worker):
    def keep(self, until: float, message: Json) -> None:
        super().keep(until + 60, message)


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


@breaks("CAL-019")
class TakesAFalseResultForNothing(Worker):
    def told(self, answer: Json) -> Json:
        return super().told({**answer, "result": answer.get("result") or None})


@breaks("CAL-019")
class HandsAnswersOutInTurn(Worker):
    def hear(self, message: Json) -> None:
        for waiting in self.waiting.values():
            if not waiting.done():
                waiting.set_result(message)
                return


@breaks("CAL-019")
class WaitsForAResultThatIsNull(Worker):
    def hear(self, message: Json) -> None:
        if "result" in message or "error" in message:
            super().hear(message)


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


@breaks("CAL-002")
class KeepsOneId(Worker):
    def fresh_id(self) -> str:
        return self.__dict__.setdefault("one_id", super().fresh_id())
