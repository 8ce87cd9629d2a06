"""Mutants whose replies break a rule, whatever their content."""

from __future__ import annotations

from websockets.asyncio.client import ClientConnection

from tests.mutants.catalogue import breaks
from tests.mutants.plain import Plain
from tests.mutants.worker import Json, Worker


@breaks("INV-002")
class AnswersTwice(Worker):
    async def reply(self, socket: ClientConnection, message: Json, body: Json) -> None:
        await super().reply(socket, message, body)
        await super().reply(socket, message, body)


@breaks("INV-002")
class AnswersErrorsTwice(Worker):
    async def reply(self, socket: ClientConnection, message: Json, body: Json) -> None:
        await super().reply(socket, message, body)
        if "error" in body:
            await super().reply(socket, message, body)


@breaks("INV-003")
class RepeatsAnotherFunctionId(Worker):
    async def reply(self, socket: ClientConnection, message: Json, body: Json) -> None:
        await super().reply(socket, {**message, "function_id": "mutant::other"}, body)


@breaks("INV-003")
class LeavesTheFunctionIdOut(Worker):
    async def reply(self, socket: ClientConnection, message: Json, body: Json) -> None:
        ids = {"type": "invocationresult", "invocation_id": message["invocation_id"]}
        await self.send(socket, {**ids, **body})


@breaks("INV-005")
class ReportsErrorsAsText(Worker):
    def unknown(self, message: Json) -> Json:
        return {"error": {"code": "function_not_found"}}


@breaks("INV-002", seen_in=("odd_data",))
class AnswersNullTwice(Plain):
    async def reply(self, socket: ClientConnection, message: Json, body: Json) -> None:
        await super().reply(socket, message, body)
        if message.get("data", 0) is None:
            await super().reply(socket, message, body)


@breaks("INV-003", seen_in=("odd_data",))
class LeavesTheFunctionIdOutOfErrors(Plain):
    async def send(self, socket: ClientConnection, message: Json) -> None:
        if message.get("error", {}).get("code") == "invocation_failed":
            message = {**message, "function_id": ""}
        await super().send(socket, message)


@breaks("INV-005", seen_in=("odd_data",))
class SendsStacktracesAsLists(Plain):
    def trace_of(self, fault: Exception) -> Json:
        return {"stacktrace": ["mutants/plain.py", 21]}


@breaks("INV-005", seen_in=("odd_data",))
class NumbersItsErrors(Plain):
    async def outcome(self, message: Json) -> Json:
        body = await super().outcome(message)
        if message["function_id"] in self.handlers() and "error" in body:
            body["error"]["code"] = 500
        return body


@breaks("INV-036")
class SendsAResultBesideAnError(Plain):
    def unknown(self, message: Json) -> Json:
        return {**super().unknown(message), "result": {"ok": False}}


@breaks("INV-037")
class AnswersUnderAnIdOfItsOwnToo(Plain):
    async def reply(self, socket: ClientConnection, message: Json, body: Json) -> None:
        await super().reply(socket, message, body)
        await super().reply(socket, {**message, "invocation_id": self.fresh_id()}, body)
