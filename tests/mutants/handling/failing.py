"""Mutants whose handlers fail wrongly."""

from __future__ import annotations

import asyncio

from websockets.asyncio.client import ClientConnection

from tests.mutants.catalogue import breaks
from tests.mutants.unprepared import Finds, Shop
from tests.mutants.worker import Json, Worker


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


@breaks("INV-038")
class WrapsItsErrorsTwice(Worker):
    async def outcome(self, message: Json) -> Json:
        body = await super().outcome(message)
        if body.get("error"):
            body["error"]["message"] = f"handler failed: handler failed: {body['error']['message']}"
        return body


@breaks("INV-038")
class TurnsErrorsIntoObjects(Worker):
    async def outcome(self, message: Json) -> Json:
        body = await super().outcome(message)
        if body.get("error"):
            body["error"]["message"] = "[object Object]"
        return body


@breaks("INV-016")
class HangsOverAList(Shop):
    async def engine(self, function_id: str, data: Json) -> Json:
        found = await super().engine(function_id, data)
        if isinstance(found, list):
            await asyncio.Event().wait()
        return found


@breaks("INV-006")
class SaysOfAllCallsThatTheyFailed(Shop):
    def outcome_of_call(self, answer: Json) -> Json:
        if answer.get("error"):
            return {"error": {**answer["error"], "message": "a call failed"}}
        return super().outcome_of_call(answer)


@breaks("INV-006")
class AnswersNothingWhereItFails(Finds):
    async def outcome(self, message: Json) -> Json:
        body = await super().outcome(message)
        known = message["function_id"] in self.handlers()
        return {"result": None} if known and "error" in body else body
