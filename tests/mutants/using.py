"""Mutants that use the engine wrongly."""

from __future__ import annotations

import asyncio
import contextlib
import os

from websockets.asyncio.client import ClientConnection

from tests.mutants.catalogue import breaks
from tests.mutants.handlers import HandlerError
from tests.mutants.unprepared import Shop
from tests.mutants.worker import Json, Worker


class Calls(Worker):
    """Calls a function of the engine after its announcement."""

    called: str
    data_of_call: Json

    async def announce(self, socket: ClientConnection) -> None:
        await super().announce(socket)
        call = {"type": "invokefunction", "function_id": self.called, "data": self.data_of_call}
        await self.send(socket, {**call, "invocation_id": self.fresh_id()})


@breaks("USE-001")
class UpdatesStateWithOperations(Calls):
    called = "state::update"
    data_of_call = {"scope": "a", "key": "b", "operations": []}


@breaks("USE-001")
class SetsStateInAGroup(Calls):
    called = "state::set"
    data_of_call = {"group_id": "a", "item_id": "b", "data": 1}


@breaks("USE-001")
class IncrementsWithoutAStep(Calls):
    called = "stream::update"
    data_of_call = {
        "stream_name": "s",
        "group_id": "g",
        "item_id": "i",
        "ops": [{"type": "increment", "path": "n", "value": 1}],
    }


@breaks("USE-001")
class PublishesWithoutATopic(Calls):
    called = "publish"
    data_of_call = {"channel": "a", "data": 1}


@breaks("USE-001")
class LogsWithoutAMessage(Calls):
    called = "engine::log::info"
    data_of_call = {"msg": "hello"}


@breaks("USE-002")
class PutsState(Calls):
    called = "state::put"
    data_of_call = {"scope": "a", "key": "b", "value": 1}


class Binds(Worker):
    """Registers one more trigger."""

    trigger_type: str
    config: Json

    def triggers(self) -> list[Json]:
        first = super().triggers()[0]
        more = {"trigger_type": self.trigger_type, "config": self.config}
        return [
            *super().triggers(),
            {**first, "id": "5b0d5b2e-0000-4000-8000-0000000000c1", **more},
        ]


@breaks("USE-003")
class RoutesByPathAndMethod(Binds):
    trigger_type = "http"
    config = {"path": "/orders", "method": "POST"}


@breaks("USE-003")
class ForgetsTheSeconds(Binds):
    trigger_type = "cron"
    config = {"expression": "*/5 * * * *"}


@breaks("USE-003")
class SchedulesForMinute99(Binds):
    trigger_type = "cron"
    config = {"expression": "0 99 * * * *"}


@breaks("USE-003")
class NamesItsScheduleCron(Binds):
    trigger_type = "cron"
    config = {"cron": "0 0 8 * * *"}


@breaks("USE-003")
class SubscribesToNothing(Binds):
    trigger_type = "durable:subscriber"
    config = {"queue": "orders"}


@breaks("USE-004")
class BindsAnApi(Binds):
    trigger_type = "api"
    config = {"api_path": "/orders", "http_method": "POST"}


@breaks("USE-004")
class BindsAQueue(Binds):
    trigger_type = "queue"
    config = {"topic": "orders"}


@breaks("USE-004")
class MisspellsItsTriggerType(Binds):
    trigger_type = "durable:subscribers"
    config = {"topic": "orders"}


class Answers(Worker):
    """Answers HTTP requests wrongly."""

    answer: Json

    async def page(self, data: Json) -> Json:
        return self.answer

    def handlers(self):  # type: ignore[no-untyped-def]
        return {**super().handlers(), "mutant::page": self.page}

    def triggers(self) -> list[Json]:
        first, *others = super().triggers()
        return [{**first, "function_id": "mutant::page"}, *others]


@breaks("USE-005")
class AnswersWithThePlainValue(Answers):
    answer = {"order": 7}


@breaks("USE-005")
class AnswersWithAStatusText(Answers):
    answer = {"status_code": "200", "body": {}}


@breaks("USE-005")
class AnswersWithNothing(Answers):
    answer = None


@breaks("USE-005")
class AnswersWithAStatusOfItsOwn(Answers):
    answer = {"status": 404, "data": {}}


@breaks("USE-005")
class StreamsBehindAResult(Answers):
    """Returns a value before it uses the channel, so that the value is the answer."""

    async def page(self, data: Json) -> Json:
        self.streaming = asyncio.ensure_future(self.stream(data))
        return {"streaming": True}

    async def stream(self, data: Json) -> None:
        await asyncio.sleep(0.2)
        async with self.channel(data["response"]) as socket:
            await socket.send(b"page")


@breaks("USE-005")
class ForgetsTheEnvelopeOfWhatIsComplete(Shop):
    """Refuses a request rightly, and answers one that it takes with the plain value."""

    async def put(self, data: Json) -> Json:
        answer = await super().put(data)
        well = self.is_request(data) and answer["status_code"] == 200
        return answer["body"] if well else answer


class Counts(Worker):
    """Reads a value from the engine in one of its functions."""

    async def count(self, data: Json) -> Json:
        call = {"type": "invokefunction", "function_id": "state::get"}
        answer = await self.ask({**call, "data": {"scope": "mutant", "key": "count"}}, 5)
        return {"count": await self.value(answer)}

    async def value(self, answer: Json) -> Json:
        return answer.get("result") or 0

    def outcome_of_call(self, answer: Json) -> Json:
        return answer

    def handlers(self):  # type: ignore[no-untyped-def]
        return {**super().handlers(), "mutant::count": self.count}


@breaks("USE-006")
class WaitsForWhatIsAbsent(Counts):
    async def value(self, answer: Json) -> Json:
        if answer.get("result") is None:
            await asyncio.Event().wait()
        return answer["result"]


@breaks("USE-006")
class EndsOverWhatIsAbsent(Counts):
    async def value(self, answer: Json) -> Json:
        if answer.get("result") is None:
            os._exit(1)
        return answer["result"]


@breaks("USE-006")
class TrustsWhatItKept(WaitsForWhatIsAbsent):
    """Stores a value only when it connects, although the engine may lose the value later."""

    async def announce(self, socket: ClientConnection) -> None:
        call: Json = {"type": "invokefunction", "function_id": "state::set"}
        call |= {"data": {"scope": "mutant", "key": "count", "value": 1}}
        await self.send(socket, {**call, "invocation_id": self.fresh_id()})
        await super().announce(socket)


@breaks("USE-002")
class ListsTriggerTypesByTheirOldName(Calls):
    called = "engine::trigger-types::list"
    data_of_call: Json = {}


@breaks("USE-007")
class NeverReadsTheBody(Shop):
    def is_request(self, data: Json) -> bool:
        return False


@breaks("USE-007")
class TakesOnlyRequestsAndReadsNone(Shop):
    async def put(self, data: Json) -> Json:
        return {"status_code": 400, "body": {"error": "orderId and order are required"}}


@breaks("USE-008")
class SaysThatAllIsWell(Shop):
    async def persist(self, key: str, order: Json) -> None:
        with contextlib.suppress(HandlerError):
            await super().persist(key, order)


@breaks("USE-009")
class KeepsNothing(Shop):
    async def persist(self, key: str, order: Json) -> None:
        return None


@breaks("USE-009")
class LooksInAnotherScope(Shop):
    async def get(self, data: Json) -> Json:
        key = self.key(data)
        if key is None:
            return await super().get(data)
        return {"order": await self.engine("state::get", {"scope": "shops", "key": key})}


@breaks("USE-001")
class CountsInText(Shop):
    """Most texts that it gets are other ones."""

    async def persist(self, key: str, order: Json) -> None:
        await super().persist(key, order)
        step = {"type": "increment", "path": "orders", "by": "1"}
        await self.engine("state::update", {"scope": "shop", "key": "totals", "ops": [step]})


@breaks("USE-005")
class NamesTheStatusAsOthersDo(Worker):
    async def hello(self, data: Json) -> Json:
        return {"statusCode": 200, "body": data}


@breaks("USE-008")
class GivesReceiptsForNothing(Shop):
    """No two of its answers are equal."""

    async def put(self, data: Json) -> Json:
        return {**await super().put(data), "receipt": self.fresh_id()}

    async def persist(self, key: str, order: Json) -> None:
        with contextlib.suppress(HandlerError):
            await super().persist(key, order)
