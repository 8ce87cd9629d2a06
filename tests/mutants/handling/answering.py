"""Mutants that answer wrongly, or not at all."""

from __future__ import annotations

import os

from websockets.asyncio.client import ClientConnection

from tests.mutants.catalogue import breaks
from tests.mutants.worker import Json, Worker


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


@breaks("INV-004")
class HasNoCodeForUnknownFunctions(Worker):
    def unknown(self, message: Json) -> Json:
        return {"error": {"code": "invocation_failed", "message": "no such function"}}


@breaks("INV-004")
class IgnoresUnknownFunctions(Worker):
    async def start(self, socket: ClientConnection, message: Json) -> None:
        if message["function_id"] in self.handlers():
            await super().start(socket, message)


@breaks("INV-014")
class EndsOverAnUnknownFunction(Worker):
    def unknown(self, message: Json) -> Json:
        os._exit(1)


@breaks("INV-039")
class ReturnsAnotherShapeThanItDeclares(Worker):
    def functions(self) -> list[Json]:
        declared = {"type": "object", "required": ["greeting"]}
        return [
            {**function, "response_format": declared}
            if function["id"] == "mutant::hello"
            else function
            for function in super().functions()
        ]


@breaks("INV-004")
class LooksUpTheBeginningOfAName(Worker):
    async def outcome(self, message: Json) -> Json:
        named = message["function_id"]
        found = next((name for name in self.handlers() if named.startswith(name)), named)
        return await super().outcome({**message, "function_id": found})
