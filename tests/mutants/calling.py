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
