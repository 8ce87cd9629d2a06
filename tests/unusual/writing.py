"""Workers that write their messages in unusual ways."""

from __future__ import annotations

import json
from typing import Any

from websockets.asyncio.client import ClientConnection, connect

from tests.mutants.worker import Json, Worker
from tests.unusual.catalogue import unusual


@unusual
class SendsBinary(Worker):
    async def send(self, socket: ClientConnection, message: Json) -> None:
        await socket.send(json.dumps(message).encode())


@unusual
class SendsFragments(Worker):
    async def send(self, socket: ClientConnection, message: Json) -> None:
        text = json.dumps(message)
        await socket.send([*(text[i : i + 7] for i in range(0, 350, 7)), text[350:]])


@unusual
class SendsIndentedAscii(Worker):
    async def send(self, socket: ClientConnection, message: Json) -> None:
        await socket.send(json.dumps(message, indent=3, sort_keys=True))


@unusual
class SendsExtraFields(Worker):
    async def send(self, socket: ClientConnection, message: Json) -> None:
        await super().send(socket, {**message, "message_type": message["type"], "x": [None]})


@unusual
class SendsNulls(Worker):
    def functions(self) -> list[Json]:
        nulls = {"description": None, "response_format": None, "metadata": None}
        return [{**function, **nulls} for function in super().functions()]

    def description(self) -> Json:
        return {**super().description(), "namespace": None, "isolation": None, "telemetry": None}


@unusual
class WritesIdsInUpperCase(Worker):
    async def reply(self, socket: ClientConnection, message: Json, body: Json) -> None:
        await super().reply(
            socket, {**message, "invocation_id": message["invocation_id"].upper()}, body
        )


@unusual
class SpeaksHttpHeadersInItsOwnWay(Worker):
    async def dial(self) -> ClientConnection:
        return await connect(
            self.url() + ("&" if "?" in self.url() else "/?") + "team=blue",
            max_size=2**26,
            compression=None,
            additional_headers={"Authorization": "Bearer abc", "X-Team": "blue"},
            user_agent_header=None,
        )


@unusual
class CountsInFloats(Worker):
    """Has a single number type, as JavaScript and Lua do, and writes whole numbers in any form."""

    async def echo(self, data: Json) -> Json:
        return self.floats(data)

    def floats(self, value: Json) -> Json:
        if isinstance(value, dict):
            return {key: self.floats(item) for key, item in value.items()}
        if isinstance(value, list):
            return [self.floats(item) for item in value]
        return float(value) if isinstance(value, int) and not isinstance(value, bool) else value


@unusual
class LeavesNullResultsOut(Worker):
    async def reply(self, socket: ClientConnection, message: Json, body: Json) -> None:
        fields = {name: value for name, value in body.items() if value is not None}
        await super().reply(socket, message, fields)


@unusual
class WritesBitByBit(Worker):
    """Splits data anywhere, and fragments its messages."""

    def pieces(self, part: Json) -> list[Any]:
        found = super().pieces(part)
        if "text" in part:
            return [[text[:3], text[3:]] for text in found]
        return [b"", *(piece[at : at + 1000] for piece in found for at in range(0, 2**16, 1000))]
