"""Mutants that do not keep working."""

from __future__ import annotations

import asyncio
import os

from websockets.asyncio.client import ClientConnection

from tests.mutants.catalogue import breaks
from tests.mutants.unprepared import Counter
from tests.mutants.worker import Json, Worker


@breaks("INV-030")
class StopsAfterAThousand(Worker):
    served = 0

    async def start(self, socket: ClientConnection, message: Json) -> None:
        self.served += 1
        if self.served < 1000:
            await super().start(socket, message)


@breaks("INV-033")
class KeepsWhatItAnswered(Worker):
    async def reply(self, socket: ClientConnection, message: Json, body: Json) -> None:
        self.__dict__.setdefault("kept", []).append(os.urandom(2000))
        await super().reply(socket, message, body)


@breaks("INV-033")
class LosesFilesNowAndThen(Worker):
    async def reply(self, socket: ClientConnection, message: Json, body: Json) -> None:
        self.calls = getattr(self, "calls", 0) + 1
        if self.calls % 20 == 0:
            os.open(os.devnull, os.O_RDONLY)
        await super().reply(socket, message, body)


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


@breaks("INV-034")
class EndsOverAnOptionItCannotUse(Counter):
    """Says which options a function takes, and reads one of them without a look at it."""

    def functions(self) -> list[Json]:
        limit = {"type": "object", "properties": {"limit": {"type": "integer"}}}
        options = {"type": "object", "properties": {"options": limit}}
        return [
            {**function, "request_format": options} if function["id"] == "shop::reset" else function
            for function in super().functions()
        ]

    async def reset(self, data: Json) -> Json:
        options = data.get("options") if isinstance(data, dict) else None
        if isinstance(options, dict) and isinstance(options.get("limit"), str):
            os._exit(1)


@breaks("INV-035")
class LosesAPlaceWithEachFailure(Worker):
    places = 200

    async def outcome(self, message: Json) -> Json:
        if self.places == 0:
            await asyncio.Future()
        body = await super().outcome(message)
        self.places -= "error" in body
        return body
