"""Mutants that lose the parts of an invocation other than its data."""

from __future__ import annotations

from websockets.asyncio.client import ClientConnection

from tests.mutants.catalogue import breaks
from tests.mutants.unprepared import Counter
from tests.mutants.worker import Json, Worker


@breaks("INV-018")
class AllowsNoFurtherFields(Worker):
    async def outcome(self, message: Json) -> Json:
        if isinstance(message.get("data"), dict) and "_caller_worker_id" in message["data"]:
            return {"error": {"code": "invalid", "message": "unexpected _caller_worker_id"}}
        return await super().outcome(message)


@breaks("INV-019")
class MixesMetadataIn(Worker):
    def metadata_of(self, message: Json) -> Json:
        return None


@breaks("INV-026")
class AnswersOutsideTheTrace(Worker):
    def trace(self, message: Json) -> Json:
        return {}


@breaks("INV-026")
class AnswersInATraceOfItsOwn(Worker):
    async def reply(self, socket: ClientConnection, message: Json, body: Json) -> None:
        trace = "00-" + "1" * 32 + "-" + "2" * 16 + "-01"
        await super().reply(socket, message, {**body, "traceparent": trace})


@breaks("INV-032")
class PutsMetadataIntoTheData(Worker):
    async def outcome(self, message: Json) -> Json:
        data = message.get("data")
        if isinstance(data, dict) and message.get("metadata"):
            message = {**message, "data": {**data, "metadata": message["metadata"]}}
        return await super().outcome(message)


@breaks("INV-032")
class TakesMetadataForOrders(Counter):
    async def outcome(self, message: Json) -> Json:
        data = message.get("data")
        if isinstance(data, dict) and message.get("metadata"):
            message = {**message, "data": {**data, **message["metadata"]}}
        return await super().outcome(message)


@breaks("INV-019")
class KeepsTheMetadataOfBefore(Worker):
    def metadata_of(self, message: Json) -> Json:
        found = super().metadata_of(message)
        if found is not None:
            self.__dict__["last"] = found
        return self.__dict__.get("last")


@breaks("INV-026")
class AnswersInTheLatestTrace(Worker):
    async def invoke(self, socket: ClientConnection, message: Json) -> None:
        self.__dict__["latest"] = self.trace(message) or self.__dict__.get("latest", {})
        await super().invoke(socket, message)

    async def reply(self, socket: ClientConnection, message: Json, body: Json) -> None:
        await super().reply(socket, message, {**body, **self.__dict__["latest"]})
