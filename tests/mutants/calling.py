"""Mutants that call other functions wrongly."""

from __future__ import annotations

import asyncio

from websockets.asyncio.client import ClientConnection

from tests.mutants.catalogue import breaks
from tests.mutants.payloads import without_nulls
from tests.mutants.plain import Plain
from tests.mutants.unprepared import Finds, Shop
from tests.mutants.worker import Json, Worker


@breaks("CAL-001")
class HidesRemoteErrors(Worker):
    def outcome_of_call(self, answer: Json) -> Json:
        if answer.get("error"):
            return {"error": {"code": "invocation_failed", "message": "[object Object]"}}
        return super().outcome_of_call(answer)


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


@breaks("CAL-010")
class CallsIntoTheDefaultNamespace(Worker):
    def namespace_of_call(self, data: Json) -> Json:
        return data.get("namespace")


@breaks("CAL-011", seen_in=("configured",))
class LooksForTheEngineAtHome(Worker):
    def namespace_of_call(self, data: Json) -> Json:
        return data.get("namespace") or self.namespace()


@breaks("CAL-012")
class AlwaysCallsAtHome(Worker):
    def namespace_of_call(self, data: Json) -> Json:
        return None if data["function_id"].startswith("engine::") else self.namespace()


@breaks("CAL-001")
class HidesRemoteMessages(Worker):
    def outcome_of_call(self, answer: Json) -> Json:
        if answer.get("error"):
            return {"error": {**answer["error"], "message": "the call failed"}}
        return super().outcome_of_call(answer)


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
    def call_fields(self, data: Json) -> Json:
        return {n: v for n, v in super().call_fields(data).items() if n != "metadata"}


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


@breaks("CAL-019")
class TakesAFalseResultForNothing(Worker):
    def outcome_of_call(self, answer: Json) -> Json:
        return super().outcome_of_call({**answer, "result": answer.get("result") or None})


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


@breaks("CAL-002")
class KeepsOneId(Worker):
    def fresh_id(self) -> str:
        return str(self.__dict__.setdefault("one_id", super().fresh_id()))


@breaks("CAL-004")
class NumbersItsAnnouncement(Plain):
    def announcement(self) -> Json:
        return {**super().announcement(), "invocation_id": self.fresh_id()}


@breaks("CAL-002")
class CallsUnderOneId(Plain):
    async def announce(self, socket: ClientConnection) -> None:
        await super().announce(socket)
        one = {"type": "invokefunction", "function_id": "state::get", "data": self.wanted()}
        for _ in range(2):
            await self.send(
                socket, {**one, "invocation_id": "0b7e1a52-0000-4000-8000-000000000009"}
            )

    def wanted(self) -> Json:
        return {"scope": "mutant", "key": "count"}


@breaks("CAL-009")
class EnqueuesUnnumbered(Plain):
    async def announce(self, socket: ClientConnection) -> None:
        await super().announce(socket)
        one = {"type": "invokefunction", "function_id": "mutant::add", "data": {}}
        await self.send(socket, {**one, "action": {"type": "enqueue", "queue": "mutant"}})


@breaks("CAL-011", seen_in=("configured",))
class AnnouncesWithinItsNamespace(Plain):
    def announcement(self) -> Json:
        return {**super().announcement(), "namespace": self.namespace()}


@breaks("CAL-001")
class ForgetsRemoteCodes(Shop):
    def outcome_of_call(self, answer: Json) -> Json:
        if answer.get("error"):
            return {"error": {**answer["error"], "code": "invocation_failed"}}
        return super().outcome_of_call(answer)


@breaks("CAL-001")
class WaitsOnAfterAnError(Shop):
    patience = 60.0

    def hear(self, message: Json) -> None:
        if message.get("error") is None:
            super().hear(message)


@breaks("CAL-019")
class UnpacksAListOfOne(Shop):
    def outcome_of_call(self, answer: Json) -> Json:
        result = answer.get("result")
        if isinstance(result, list) and len(result) == 1:
            return {"result": result[0]}
        return super().outcome_of_call(answer)


@breaks("CAL-019")
class SharesItsCallsOfOneFunction(Shop):
    """Takes callers who ask a function at the same time for callers who ask the same."""

    def __init__(self) -> None:
        super().__init__()
        self.shared: dict[str, asyncio.Future[Json]] = {}

    async def engine(self, function_id: str, data: Json) -> Json:
        if function_id not in self.shared:
            self.shared[function_id] = asyncio.ensure_future(super().engine(function_id, data))
            self.shared[function_id].add_done_callback(lambda _: self.shared.pop(function_id))
        return await asyncio.shield(self.shared[function_id])


@breaks("CAL-006")
class StopsReadingAtASecondAnswer(Shop):
    """Its answers are taken out of the list a moment later than they come."""

    def hear(self, message: Json) -> None:
        waiting = self.waiting.get(message["invocation_id"])
        if waiting is not None:
            if waiting.done():
                self.deaf = True
            else:
                waiting.set_result(message)

    deaf = False

    async def dispatch(self, socket: ClientConnection, message: Json) -> None:
        if not self.deaf:
            await super().dispatch(socket, message)


@breaks("CAL-007")
class CarriesTheFirstOfItsBaggage(Shop):
    def trace(self, message: Json) -> Json:
        carried = super().trace(message)
        if "baggage" in carried:
            carried["baggage"] = carried["baggage"].split(",")[0]
        return carried


@breaks("CAL-005", full=True)
class AnswersNothingWhenItsTimeIsUp(Shop):
    patience = 30.0

    async def ask(self, message: Json, seconds: float) -> Json:
        try:
            return await super().ask(message, seconds)
        except TimeoutError:
            return {"result": None}


@breaks("CAL-019")
class LeavesNullsOutOfWhatItIsAnswered(Finds):
    def outcome_of_call(self, answer: Json) -> Json:
        return without_nulls(super().outcome_of_call(answer))
