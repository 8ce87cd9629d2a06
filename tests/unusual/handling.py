"""Workers that handle messages in unusual ways."""

from __future__ import annotations

import asyncio
import json
import random
import time
from typing import Any

from websockets.asyncio.client import ClientConnection

from tests.mutants.handlers import current
from tests.mutants.unprepared import Counter
from tests.mutants.worker import Handler, HandlerError, Json, Worker
from tests.unusual.catalogue import unusual


@unusual
class AnswersInAnyOrder(Worker):
    async def invoke(self, socket: ClientConnection, message: Json) -> None:
        await asyncio.sleep(random.random() / 10)
        await super().invoke(socket, message)


@unusual
class EchoesTheTrace(Worker):
    async def reply(self, socket: ClientConnection, message: Json, body: Json) -> None:
        trace = self.trace(message)
        if trace:
            trace = {**trace, "traceparent": trace["traceparent"][:36] + "2" * 16 + "-00"}
        await super().reply(socket, message, {**body, **trace, "baggage": "a=b"})


@unusual
class AnswersUnknownTypesOfTheEngine(Worker):
    async def dispatch(self, socket: ClientConnection, message: Json) -> None:
        await super().dispatch(socket, message)
        if message.get("type") == "ping":
            await self.send(socket, {"type": "pong"})


@unusual
class FailsUnlessAskedRightly(Worker):
    """Every function refuses the sample it gets; only the formats are known."""

    async def strict(self, data: Json) -> Json:
        return {"sum": data["a"] + data["b"]}

    def handlers(self) -> dict[str, Handler]:
        return {"strict::add": self.strict}

    def triggers(self) -> list[Json]:
        return []

    def functions(self) -> list[Json]:
        return [{"type": "registerfunction", "id": "strict::add"}]


@unusual
class DropsWhatItCannotDecode(Worker):
    """Decodes into typed structures, as workers in Rust do, and ignores what does not match."""

    async def dispatch(self, socket: ClientConnection, message: Json) -> None:
        texts = ("type", "function_id", "invocation_id", "traceparent", "baggage")
        if all(isinstance(message.get(name), str | None) for name in texts):
            await super().dispatch(socket, message)


@unusual
class ThinksBeforeItActs(Worker):
    async def outcome(self, message: Json) -> Json:
        if message["function_id"] in self.handlers():
            await asyncio.sleep(0.6)
        return await super().outcome(message)


@unusual
class HasSlowFunctions(Worker):
    async def slow(self, data: Json) -> Json:
        await asyncio.sleep(3.0)
        return {"slow": True}

    def handlers(self) -> dict[str, Handler]:
        return {**super().handlers(), "slow::one": self.slow, "slow::two": self.slow}


@unusual
class StreamsItsAnswers(Worker):
    """Reads a request to its end and answers through the channel; its result is empty."""

    async def page(self, data: Json) -> Json:
        async with self.channel(data["request_body"]) as socket:
            body = self.parts_read([part async for part in socket])["base64"]
        async with self.channel(data["response"]) as socket:
            await socket.send('{"type":"set_status","status_code":201}')
            for _ in range(100):
                await socket.send(body.encode())

    def handlers(self) -> dict[str, Handler]:
        return {**super().handlers(), "orders::page": self.page}

    def triggers(self) -> list[Json]:
        first, *others = super().triggers()
        return [{**first, "function_id": "orders::page"}, *others]


@unusual
class StreamsAfterItsAnswer(StreamsItsAnswers):
    """Returns null at once, and streams the answer for the client in a concurrent task."""

    async def page(self, data: Json) -> Json:
        self.streaming = asyncio.ensure_future(super().page(data))


@unusual
class SpeaksOnThreads(Worker):
    """Answers from other threads, so that answers and pongs interleave."""

    async def outcome(self, message: Json) -> Json:
        await asyncio.to_thread(time.sleep, 0.005)
        return await super().outcome(message)


@unusual
class WrapsItsErrors(Worker):
    async def outcome(self, message: Json) -> Json:
        body = await super().outcome(message)
        if "error" in body:
            body["error"] = {
                **body["error"],
                "message": f"handler error: {body['error']['message']}",
            }
            body["error"] |= {"details": {"retryable": False}, "result": None}
            body["result"] = None
        return body


@unusual
class PartsWithNonsense(Worker):
    async def receive(self, socket: ClientConnection, raw: str | bytes) -> None:
        message = self.parsed(raw)
        nonsense = isinstance(message, dict) and (
            not isinstance(message.get("type"), str) or set(message) == {"type"}
        )
        if nonsense and message.get("type") not in ("ping", "pong", "x_unheard_of"):
            await socket.close(1008)
        else:
            await super().receive(socket, raw)

    @staticmethod
    def parsed(raw: str | bytes) -> Any:
        try:
            return json.loads(raw)
        except ValueError:
            return None


@unusual
class PassesOnThatAnotherIsMissing(Worker):
    """Its only function needs a function of another worker, which is not registered."""

    async def order(self, data: Json) -> Json:
        message = {"type": "invokefunction", "function_id": "stock::reserve", "data": data}
        fields = self.call_fields(message) | self.trace(current.get())
        answer = await self.ask(message | fields, 5)
        if answer.get("error"):
            raise HandlerError(answer["error"]["code"], "the order waits for its stock")
        return answer["result"]

    def handlers(self) -> dict[str, Handler]:
        return {"mutant::hello": self.order}


@unusual
class TakesEachOrderOnce(Counter):
    """Refuses an order that it has, whatever comes beside it."""

    def __init__(self) -> None:
        super().__init__()
        self.taken: set[str] = set()

    async def put(self, data: Json) -> Json:
        key = self.key(data)
        if key in self.taken:
            return {"error": f"there is an order {key} already"}
        stored = await super().put(data)
        if key is not None and "stored" in stored:
            self.taken.add(key)
        return stored

    async def note(self, data: Json) -> Json:
        if isinstance(data, dict) and str(data.get("text")) in self.taken:
            raise HandlerError("noted", "this is noted already")
        noted = await super().note(data)
        self.taken.add(str(data["text"]))
        return noted


@unusual
class RefusesLongNotes(Counter):
    """One of its functions has a limit of its own."""

    async def note(self, data: Json) -> Json:
        if len(json.dumps(data)) > 1000:
            raise HandlerError("too_long", "a note has a thousand characters at most")
        return await super().note(data)


@unusual
class LimitsItsNotes(Counter):
    """Takes few notes, and says of the others that they were not taken."""

    noted_at = 0.0

    async def note(self, data: Json) -> Json:
        if time.monotonic() - self.noted_at < 0.5:
            return {"noted": False}
        noted = await super().note(data)
        self.noted_at = time.monotonic()
        return noted
