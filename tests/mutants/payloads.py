"""Mutants that change data, or fail on some data."""

from __future__ import annotations

import json
import re
import unicodedata

from websockets.asyncio.client import ClientConnection

from tests.mutants.catalogue import breaks
from tests.mutants.unprepared import Counter, Finds
from tests.mutants.worker import Handler, Json, Worker


def without_nulls(value: Json) -> Json:
    """The value without members that are null."""
    if isinstance(value, dict):
        return {name: without_nulls(v) for name, v in value.items() if v is not None}
    return [without_nulls(v) for v in value] if isinstance(value, list) else value


class BreaksData(Worker):
    """Its functions get their data changed by ``spoil``."""

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


@breaks("INV-012")
class TakesNoDeepOrders(Counter):
    """Looks at the depth of data that a handler of its own is to get, and refuses it."""

    async def outcome(self, message: Json) -> Json:
        deep = message["function_id"] in self.handlers() and json.dumps(message).count("[") > 32
        if deep:
            return {"error": {"code": "too_deep", "message": "data is nested too deeply"}}
        return await super().outcome(message)


@breaks("INV-013")
class LimitsSize(Worker):
    def most(self) -> int:
        return 2**19


@breaks("INV-025")
class LeavesNullOut(Worker):
    async def reply(self, socket: ClientConnection, message: Json, body: Json) -> None:
        fields = {name: value for name, value in body.items() if value is not None}
        await super().reply(socket, message, fields)


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
        return without_nulls(data)


@breaks("INV-009")
class WritesItsKeysInSnakeCase(BreaksData):
    def spoil(self, data: Json) -> Json:
        if isinstance(data, dict):
            return {re.sub("(?<=[a-z])([A-Z])", r"_\1", k).lower(): v for k, v in data.items()}
        return data


@breaks("INV-009")
class KeepsPrivateMembersToItself(BreaksData):
    def spoil(self, data: Json) -> Json:
        if isinstance(data, dict):
            return {k: self.spoil(v) for k, v in data.items() if not k.startswith("__")}
        return data


@breaks("INV-009")
class LeavesNullsOutOfWhatItAnswers(Finds):
    async def outcome(self, message: Json) -> Json:
        body = await super().outcome(message)
        return body if "error" in body else {"result": without_nulls(body["result"])}
