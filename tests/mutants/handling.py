"""Mutants that handle invocations wrongly."""

from __future__ import annotations

import asyncio
import json
import os
import unicodedata

from websockets.asyncio.client import ClientConnection

from tests.mutants.catalogue import breaks
from tests.mutants.worker import Handler, Json, Worker


@breaks("INV-014")
class FailsWhateverIsAsked(Worker):
    async def outcome(self, message: Json) -> Json:
        return {"error": {"code": "no", "message": "not today"}}


@breaks("INV-014")
class KnowsNothing(Worker):
    async def outcome(self, message: Json) -> Json:
        return self.unknown(message)


@breaks("INV-001")
class NeverAnswersOneFunction(Worker):
    async def start(self, socket: ClientConnection, message: Json) -> None:
        if message["function_id"] != "mutant::hello":
            await super().start(socket, message)


@breaks("INV-001")
class ForgetsAFunction(Worker):
    def functions(self) -> list[Json]:
        return [*super().functions(), {"type": "registerfunction", "id": "mutant::forgotten"}]


@breaks("INV-002")
class AnswersTwice(Worker):
    async def reply(self, socket: ClientConnection, message: Json, body: Json) -> None:
        await super().reply(socket, message, body)
        await super().reply(socket, message, body)


@breaks("INV-003")
class RepeatsAnotherFunctionId(Worker):
    async def reply(self, socket: ClientConnection, message: Json, body: Json) -> None:
        await super().reply(socket, {**message, "function_id": "mutant::other"}, body)


@breaks("INV-004")
class HasNoCodeForUnknownFunctions(Worker):
    def unknown(self, message: Json) -> Json:
        return {"error": {"code": "invocation_failed", "message": "no such function"}}


@breaks("INV-004")
class IgnoresUnknownFunctions(Worker):
    async def start(self, socket: ClientConnection, message: Json) -> None:
        if message["function_id"] in self.handlers():
            await super().start(socket, message)


@breaks("INV-005")
class ReportsErrorsAsText(Worker):
    def unknown(self, message: Json) -> Json:
        return {"error": {"code": "function_not_found"}}


@breaks("INV-006")
class HidesFailures(Worker):
    async def outcome(self, message: Json) -> Json:
        body = await super().outcome(message)
        return {"result": None} if message["function_id"] == "conformance::fail" else body


@breaks("INV-015")
class LosesTheCode(Worker):
    async def outcome(self, message: Json) -> Json:
        body = await super().outcome(message)
        if message["function_id"] == "conformance::fail":
            body["error"]["code"] = "invocation_failed"
        return body


@breaks("INV-007")
class AnswersWithoutAnId(Worker):
    async def invoke(self, socket: ClientConnection, message: Json) -> None:
        await self.reply(socket, {"invocation_id": None, **message}, await self.outcome(message))


@breaks("INV-008")
class HandlesOneAfterTheOther(Worker):
    async def start(self, socket: ClientConnection, message: Json) -> None:
        await self.invoke(socket, message)


class BreaksData(Worker):
    """Serves functions that see their data through ``spoil``."""

    def spoil(self, data: Json) -> Json:
        raise NotImplementedError

    def handlers(self) -> dict[str, Handler]:
        async def spoilt(data: Json) -> Json:
            return self.spoil(data)

        return {**super().handlers(), "conformance::echo": spoilt}


@breaks("INV-009")
class DropsNulls(BreaksData):
    def spoil(self, data: Json) -> Json:
        if isinstance(data, dict):
            return {key: self.spoil(value) for key, value in data.items()}
        return [self.spoil(v) for v in data if v is not None] if isinstance(data, list) else data


@breaks("INV-010")
class NeedsAnObject(BreaksData):
    def spoil(self, data: Json) -> Json:
        return {**data}


@breaks("INV-011")
class WritesAscii(BreaksData):
    def spoil(self, data: Json) -> Json:
        text = json.dumps(data, ensure_ascii=False)
        return json.loads(text.encode("ascii", "replace"))


@breaks("INV-012")
class LimitsDepth(Worker):
    async def receive(self, socket: ClientConnection, raw: str | bytes) -> None:
        if str(raw).count("[") < 64:
            await super().receive(socket, raw)


@breaks("INV-013")
class LimitsSize(Worker):
    def most(self) -> int:
        return 2**19


@breaks("INV-016")
class LosesCrashes(Worker):
    async def crash(self, data: Json) -> Json:
        await self.stopping.wait()


@breaks("INV-017")
class LosesWhatItCannotWrite(Worker):
    async def reply(self, socket: ClientConnection, message: Json, body: Json) -> None:
        if message["function_id"] != "conformance::unserialisable":
            await super().reply(socket, message, body)


@breaks("INV-017")
class WritesNullForNan(Worker):
    def unsendable(self, result: Json, why: str) -> Json:
        return {**result, "result": {"value": None}}


@breaks("INV-018")
class AllowsNoFurtherFields(Worker):
    async def outcome(self, message: Json) -> Json:
        if isinstance(message.get("data"), dict) and "_caller_worker_id" in message["data"]:
            return {"error": {"code": "invalid", "message": "unexpected _caller_worker_id"}}
        return await super().outcome(message)


@breaks("INV-019")
class MixesMetadataIn(Worker):
    def given_metadata(self, message: Json) -> Json:
        return None


@breaks("INV-020")
class SparesVoidCallsAnAnswer(Worker):
    async def invoke(self, socket: ClientConnection, message: Json) -> None:
        if not message.get("action"):
            await super().invoke(socket, message)


class WithAUrl(Worker):
    """Registers a function that the engine calls over HTTP."""

    URL = "mutant::behind-a-url"

    def functions(self) -> list[Json]:
        invocation = {"url": "http://127.0.0.1:9/", "method": "POST"}
        one = {"type": "registerfunction", "id": self.URL, "invocation": invocation}
        return [*super().functions(), one]


@breaks("INV-021")
class DoesNotKnowItsUrls(WithAUrl):
    """Has no handler for it, as for any unknown function."""


@breaks("INV-021")
class RunsWhatIsBehindAUrl(WithAUrl):
    async def outcome(self, message: Json) -> Json:
        if message["function_id"] == self.URL:
            return {"result": None}
        return await super().outcome(message)


@breaks("INV-022")
class RunsNothingWithoutAnId(Worker):
    async def start(self, socket: ClientConnection, message: Json) -> None:
        if message.get("invocation_id"):
            await super().start(socket, message)


@breaks("INV-023")
class HasACodeOfItsOwnForCrashes(Worker):
    async def outcome(self, message: Json) -> Json:
        body = await super().outcome(message)
        if message["function_id"] == "conformance::crash":
            body["error"]["code"] = "INTERNAL"
        return body


@breaks("INV-024")
class KeepsItsStacktraces(Worker):
    def trace_of(self, fault: Exception) -> Json:
        return {}


@breaks("INV-025")
class LeavesNullOut(Worker):
    async def reply(self, socket: ClientConnection, message: Json, body: Json) -> None:
        told = {name: value for name, value in body.items() if value is not None}
        await super().reply(socket, message, told)


@breaks("INV-026")
class AnswersOutsideTheTrace(Worker):
    def trace(self, message: Json) -> Json:
        return {}


@breaks("INV-026")
class AnswersInATraceOfItsOwn(Worker):
    async def reply(self, socket: ClientConnection, message: Json, body: Json) -> None:
        trace = "00-" + "1" * 32 + "-" + "2" * 16 + "-01"
        await super().reply(socket, message, {**body, "traceparent": trace})


@breaks("INV-027")
class TakesFourMebibytes(Worker):
    def most(self) -> int:
        return 2**22


@breaks("INV-028")
class DeclaresWhatItCannotTake(Worker):
    def most(self) -> int:
        return 2**25

    def description(self) -> Json:
        return {**super().description(), "features": ["large-messages.v1"]}


@breaks("INV-029")
class SendsHoweverLarge(Worker):
    largest = 2**30


@breaks("INV-031")
class MixesUpWhoAsked(Worker):
    async def invoke(self, socket: ClientConnection, message: Json) -> None:
        self.asked = message
        await asyncio.sleep(0)
        await super().invoke(socket, message)

    async def reply(self, socket: ClientConnection, message: Json, body: Json) -> None:
        await super().reply(socket, self.asked, body)


@breaks("INV-032")
class PutsMetadataIntoTheData(Worker):
    async def outcome(self, message: Json) -> Json:
        data = message.get("data")
        if isinstance(data, dict) and message.get("metadata"):
            message = {**message, "data": {**data, "metadata": message["metadata"]}}
        return await super().outcome(message)


@breaks("INV-009")
class TakesFalseForNothing(BreaksData):
    def spoil(self, data: Json) -> Json:
        return data or None


@breaks("INV-009")
class TakesNothingForAnObject(BreaksData):
    def spoil(self, data: Json) -> Json:
        return data or {}


@breaks("INV-009")
class RoundsNumbers(BreaksData):
    def spoil(self, data: Json) -> Json:
        text = json.dumps(data, ensure_ascii=False)
        return json.loads(text, parse_int=lambda digits: int(digits) & 0x7FFFFFFF)


@breaks("INV-010")
class IgnoresCallsWithoutData(Worker):
    async def start(self, socket: ClientConnection, message: Json) -> None:
        if message.get("data") is not None:
            await super().start(socket, message)


@breaks("INV-011")
class NormalisesText(BreaksData):
    def spoil(self, data: Json) -> Json:
        text = unicodedata.normalize("NFC", json.dumps(data, ensure_ascii=False))
        return json.loads(text)


@breaks("INV-003")
class LeavesTheFunctionIdOut(Worker):
    async def reply(self, socket: ClientConnection, message: Json, body: Json) -> None:
        ids = {"type": "invocationresult", "invocation_id": message["invocation_id"]}
        await self.send(socket, {**ids, **body})


@breaks("INV-002")
class AnswersErrorsTwice(Worker):
    async def reply(self, socket: ClientConnection, message: Json, body: Json) -> None:
        await super().reply(socket, message, body)
        if "error" in body:
            await super().reply(socket, message, body)


@breaks("INV-007")
class AnswersUnknownFunctionsWithoutAnId(Worker):
    async def invoke(self, socket: ClientConnection, message: Json) -> None:
        if message["function_id"] in self.handlers() or message.get("invocation_id"):
            await super().invoke(socket, message)
            return
        ids = {"type": "invocationresult", "function_id": message["function_id"]}
        await self.send(socket, {**ids, **self.unknown(message)})


@breaks("INV-008")
class HandlesThreeAtATime(Worker):
    async def invoke(self, socket: ClientConnection, message: Json) -> None:
        limit = self.__dict__.setdefault("limit", asyncio.Semaphore(3))
        async with limit:
            await super().invoke(socket, message)


@breaks("INV-009")
class ReadsNumeralsAsNumbers(BreaksData):
    def spoil(self, data: Json) -> Json:
        if isinstance(data, list):
            return [self.spoil(value) for value in data]
        return int(data) if isinstance(data, str) and data.isdecimal() else data


@breaks("INV-009")
class EscapesMarkup(BreaksData):
    def spoil(self, data: Json) -> Json:
        return json.loads(json.dumps(data).replace("<", "&lt;"))


@breaks("INV-009")
class EndsLinesItsOwnWay(BreaksData):
    def spoil(self, data: Json) -> Json:
        return json.loads(json.dumps(data).replace("\\r\\n", "\\n"))


@breaks("INV-009")
class LeavesMembersWithoutValueOut(BreaksData):
    def spoil(self, data: Json) -> Json:
        if isinstance(data, dict):
            return {name: self.spoil(value) for name, value in data.items() if value is not None}
        return data


@breaks("INV-034")
class EndsOverDataItCannotUse(Worker):
    async def hello(self, data: Json) -> Json:
        if not isinstance(data, dict) or "unexpected" in data:
            os._exit(1)
        return await super().hello(data)


@breaks("INV-034")
class SaysNothingToDataItCannotUse(Worker):
    async def hello(self, data: Json) -> Json:
        if data is None:
            await asyncio.Future()
        return await super().hello(data)


@breaks("INV-035")
class LosesAPlaceWithEachFailure(Worker):
    places = 200

    async def outcome(self, message: Json) -> Json:
        if self.places == 0:
            await asyncio.Future()
        body = await super().outcome(message)
        self.places -= "error" in body
        return body


@breaks("INV-014")
class EndsOverAnUnknownFunction(Worker):
    def unknown(self, message: Json) -> Json:
        os._exit(1)
