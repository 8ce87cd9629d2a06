"""Mutants that do not respect the id of an invocation."""

from __future__ import annotations

from websockets.asyncio.client import ClientConnection

from tests.mutants.catalogue import breaks
from tests.mutants.handlers import current
from tests.mutants.unprepared import Shop
from tests.mutants.worker import Json, Worker


@breaks("INV-007")
class AnswersWithoutAnId(Worker):
    async def invoke(self, socket: ClientConnection, message: Json) -> None:
        await self.reply(socket, {"invocation_id": None, **message}, await self.outcome(message))


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


@breaks("INV-007")
class AnswersUnknownFunctionsWithoutAnId(Worker):
    async def invoke(self, socket: ClientConnection, message: Json) -> None:
        if message["function_id"] in self.handlers() or message.get("invocation_id"):
            await super().invoke(socket, message)
            return
        ids = {"type": "invocationresult", "function_id": message["function_id"]}
        await self.send(socket, {**ids, **self.unknown(message)})


@breaks("INV-022")
class NotesNothingWithoutAnId(Shop):
    """Writes only for those who wait for it."""

    async def put(self, data: Json) -> Json:
        if not current.get().get("invocation_id"):
            return {"stored": self.key(data)}
        return await super().put(data)
