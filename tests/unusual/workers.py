"""Workers that keep every MUST in a way that a careless check would not expect."""

from __future__ import annotations

import asyncio
import json
import os
import random
import subprocess
import sys
import threading
import time
from typing import Any
from urllib.parse import urlsplit

from websockets.asyncio.client import ClientConnection, connect

from tests.mutants.reporting import Observes
from tests.mutants.worker import Handler, HandlerError, Json, Worker

UNUSUAL: dict[str, type[Worker]] = {}


def unusual(worker: type[Worker]) -> type[Worker]:
    """Register a worker under the name of its class."""
    UNUSUAL[worker.__name__] = worker
    return worker


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
class AnnouncesFirst(Worker):
    async def open(self, socket: ClientConnection) -> None:
        if self.reattaches():
            await self.send(socket, self.reattachment())
        await self.announce(socket)
        for registration in self.registrations():
            await self.send(socket, registration)

    async def dial(self) -> ClientConnection:
        return await super().dial()


@unusual
class AnnouncesWithAnId(Worker):
    def announcement(self) -> Json:
        announcement = super().announcement()
        del announcement["action"]
        return {**announcement, "invocation_id": "0b7e1a52-0000-4000-8000-000000000001"}


@unusual
class AnnouncesAfterAWhile(Worker):
    async def announce(self, socket: ClientConnection) -> None:
        await self.pause(2.0)
        await super().announce(socket)


@unusual
class NamesItsNamespace(Worker):
    def namespace(self) -> str | None:
        return "blue"


@unusual
class StartsSlowly(Worker):
    async def run(self) -> int:
        self.install_signals()
        await self.pause(3.0)
        return await super().run()


@unusual
class RegistersThousands(Worker):
    def handlers(self) -> dict[str, Handler]:
        return {**super().handlers(), **{f"many::f{n}": self.echo for n in range(2000)}}


@unusual
class RegistersLate(Worker):
    async def open(self, socket: ClientConnection) -> None:
        await super().open(socket)
        self.late = asyncio.ensure_future(self.register_later(socket))

    async def register_later(self, socket: ClientConnection) -> None:
        await self.pause(1.5)
        if not self.stopping.is_set():
            await self.send(socket, {"type": "registerfunction", "id": "late::one"})

    def handlers(self) -> dict[str, Handler]:
        return {**super().handlers(), "late::one": self.echo}

    def functions(self) -> list[Json]:
        return [f for f in super().functions() if f["id"] != "late::one"]


@unusual
class RegistersNothing(Worker):
    def handlers(self) -> dict[str, Handler]:
        return {}

    def registrations(self) -> list[Json]:
        return []


@unusual
class UnregistersAndRegistersAgain(Worker):
    async def open(self, socket: ClientConnection) -> None:
        await super().open(socket)
        hello = next(f for f in self.functions() if f["id"] == "mutant::hello")
        await self.send(socket, {"type": "unregisterfunction", "id": hello["id"]})
        await self.send(socket, hello)


@unusual
class WritesALot(Worker):
    async def run(self) -> int:
        threading.Thread(target=self.babble, daemon=True).start()
        return await super().run()

    def babble(self) -> None:
        while not self.stopping.is_set():
            sys.stdout.buffer.write(b"\xff\xfe noise \x1b[31m" * 500 + b"\n")
            sys.stderr.write("x" * 20_000)
            time.sleep(0.01)


@unusual
class AnswersInAnyOrder(Worker):
    async def invoke(self, socket: ClientConnection, message: Json) -> None:
        await asyncio.sleep(random.random() / 10)
        await super().invoke(socket, message)


@unusual
class PingsOften(Worker):
    async def dial(self) -> ClientConnection:
        return await connect(self.url(), max_size=2**26, ping_interval=0.05, close_timeout=2)


@unusual
class PingsByMessage(Worker):
    async def open(self, socket: ClientConnection) -> None:
        await super().open(socket)
        await self.send(socket, {"type": "ping"})


class Telemetry(Worker):
    path: str

    async def session(self, socket: ClientConnection) -> None:
        reporter = asyncio.ensure_future(self.report())
        try:
            await super().session(socket)
        finally:
            reporter.cancel()

    async def report(self) -> None:
        async with connect(self.url() + self.path, ping_interval=None, close_timeout=1) as socket:
            while True:
                await socket.send(b'OTLP{"resourceSpans":[]}')
                await asyncio.sleep(0.2)


@unusual
class ReportsOnItsOwnPath(Telemetry):
    path = "/otel"


@unusual
class HoldsTwoWorkers(Worker):
    async def run(self) -> int:
        second = _Second()
        codes = await asyncio.gather(super().run(), second.run(), self.pass_on(second))
        return codes[0]

    async def pass_on(self, second: Worker) -> int:
        await self.stopping.wait()
        second.signalled(None)  # type: ignore[arg-type]
        return 0


class _Second(Worker):
    def install_signals(self) -> None:
        return

    def handlers(self) -> dict[str, Handler]:
        return {"second::echo": self.echo}

    def triggers(self) -> list[Json]:
        return []

    def description(self) -> Json:
        return {**super().description(), "name": "second"}


@unusual
class ReconnectsSlowly(Worker):
    def delay(self, attempt: int) -> float:
        return 2.5


@unusual
class ReconnectsAtOnceThenWaits(Worker):
    def delay(self, attempt: int) -> float:
        return 0.3 if attempt == 1 else 1.0


@unusual
class WritesIdsInUpperCase(Worker):
    async def reply(self, socket: ClientConnection, message: Json, body: Json) -> None:
        await super().reply(
            socket, {**message, "invocation_id": message["invocation_id"].upper()}, body
        )


@unusual
class EchoesTheTrace(Worker):
    async def reply(self, socket: ClientConnection, message: Json, body: Json) -> None:
        trace = self.trace(message)
        if trace:
            trace = {**trace, "traceparent": trace["traceparent"][:36] + "2" * 16 + "-00"}
        await super().reply(socket, message, {**body, **trace, "baggage": "a=b"})


@unusual
class TakesItsTimeToLeave(Worker):
    async def goodbye(self) -> None:
        await super().goodbye()
        await asyncio.sleep(2)


@unusual
class HasAChild(Worker):
    async def run(self) -> int:
        with subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"]) as child:
            try:
                return await super().run()
            finally:
                child.terminate()


@unusual
class AnswersUnknownTypesOfTheEngine(Worker):
    async def dispatch(self, socket: ClientConnection, message: Json) -> None:
        await super().dispatch(socket, message)
        if message.get("type") == "ping":
            await self.send(socket, {"type": "pong"})


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
class FailsUnlessAskedRightly(Worker):
    """Every function refuses the sample it is given; only their forms are known."""

    async def strict(self, data: Json) -> Json:
        return {"sum": data["a"] + data["b"]}

    def handlers(self) -> dict[str, Handler]:
        return {"strict::add": self.strict}

    def triggers(self) -> list[Json]:
        return []

    def functions(self) -> list[Json]:
        return [{"type": "registerfunction", "id": "strict::add"}]


@unusual
class ProbesThePortFirst(Worker):
    """Looks whether anybody listens before it dials, with a connection that says nothing."""

    async def dial(self) -> ClientConnection:
        address = urlsplit(self.url())
        _, writer = await asyncio.open_connection(address.hostname, address.port)
        writer.close()
        return await super().dial()


@unusual
class CallsOthers(Worker):
    async def announce(self, socket: ClientConnection) -> None:
        await super().announce(socket)
        call: dict[str, Any] = {"type": "invokefunction", "function_id": "somebody::else"}
        call |= {"data": {"pid": os.getpid()}, "namespace": "blue", "metadata": {"a": 1}}
        await self.send(socket, {**call, "invocation_id": "0b7e1a52-0000-4000-8000-000000000002"})
        await self.send(
            socket,
            {
                **call,
                "action": {"type": "enqueue", "queue": "q"},
                "invocation_id": "0b7e1a52-0000-4000-8000-000000000003",
            },
        )


@unusual
class CountsInFloats(Worker):
    """Has one kind of numbers, as JavaScript and Lua do, and writes whole ones as it likes."""

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
        told = {name: value for name, value in body.items() if value is not None}
        await super().reply(socket, message, told)


@unusual
class DropsWhatItCannotDecode(Worker):
    """Reads into typed structures, as workers in Rust do, and passes over what does not fit."""

    async def dispatch(self, socket: ClientConnection, message: Json) -> None:
        texts = ("type", "function_id", "invocation_id", "traceparent", "baggage")
        if all(isinstance(message.get(name), str | None) for name in texts):
            await super().dispatch(socket, message)


@unusual
class RegistersInAnyOrder(Worker):
    def registrations(self) -> list[Json]:
        found = super().registrations()
        random.shuffle(found)
        return found


@unusual
class RegistersHundredsSlowly(Worker):
    def handlers(self) -> dict[str, Handler]:
        return {**super().handlers(), **{f"slow::f{n}": self.echo for n in range(500)}}

    async def send(self, socket: ClientConnection, message: Json) -> None:
        await super().send(socket, message)
        if str(message.get("id", "")).startswith("slow::"):
            await asyncio.sleep(0.002)


@unusual
class ThinksBeforeItActs(Worker):
    async def outcome(self, message: Json) -> Json:
        if message["function_id"] in self.handlers():
            await asyncio.sleep(1.0)
        return await super().outcome(message)


@unusual
class HasSlowFunctions(Worker):
    async def slow(self, data: Json) -> Json:
        await asyncio.sleep(3.0)
        return {"slow": True}

    def handlers(self) -> dict[str, Handler]:
        return {**super().handlers(), "slow::one": self.slow, "slow::two": self.slow}


@unusual
class DrainsForFiveSeconds(Worker):
    async def drain(self) -> None:
        await super().drain()
        await asyncio.sleep(5)


@unusual
class LeavesAChildToEnd(Worker):
    """Its child notices that its parent is gone, and ends half a second later."""

    CHILD = (
        "import os,sys,time\nwhile str(os.getppid())==sys.argv[1]: time.sleep(.1)\ntime.sleep(.3)"
    )

    async def run(self) -> int:
        subprocess.Popen([sys.executable, "-S", "-c", self.CHILD, str(os.getpid())])
        return await super().run()


@unusual
class TakesTypesBack(Worker):
    async def open(self, socket: ClientConnection) -> None:
        await super().open(socket)
        brief = {"type": "registertriggertype", "id": "brief-tick", "description": ""}
        await self.send(socket, brief)
        undo = {"type": "unregistertriggertype", "id": "brief-tick"}
        await self.send(socket, undo)


@unusual
class UsesTheEngine(Worker):
    """Works with state, queues, topics and streams, and asks for what is not there."""

    async def open(self, socket: ClientConnection) -> None:
        await super().open(socket)
        self.asking = asyncio.ensure_future(self.ask_around())

    async def ask_around(self) -> None:
        await asyncio.sleep(0.1)
        item = {"stream_name": "s", "group_id": "g", "item_id": "i"}
        for function_id, data in (
            ("state::get", {"scope": "a", "key": "absent"}),
            ("state::set", {"scope": "a", "key": "b", "value": {"n": 1}}),
            ("state::update", {"scope": "a", "key": "b", "ops": [self.step()]}),
            ("stream::set", {**item, "data": 1}),
            ("stream::get", item),
            ("publish", {"topic": "t", "data": 1}),
            ("iii::durable::publish", {"topic": "t", "data": 1}),
            ("engine::log::info", {"message": "hello"}),
            ("engine::functions::list", {}),
        ):
            call = {"type": "invokefunction", "function_id": function_id, "data": data}
            await self.ask(call, 5)

    def step(self) -> Json:
        return {"type": "increment", "path": "n", "by": 1}

    async def counted(self, data: Json) -> Json:
        call = {"type": "invokefunction", "function_id": "state::get"}
        found = await self.ask({**call, "data": {"scope": "a", "key": "none"}}, 5)
        return {"count": (found["result"] or {"n": 0})["n"] if "result" in found else None}

    def handlers(self) -> dict[str, Handler]:
        return {**super().handlers(), "orders::count": self.counted, "orders::take": self.echo}

    def triggers(self) -> list[Json]:
        first = super().triggers()[0]
        bound = (
            ("durable:subscriber", {"topic": "t", "queue_config": {"maxRetries": 1}}),
            ("subscribe", {"topic": "t"}),
            ("cron", {"expression": "0 0 8 * * *"}),
            ("state", {"scope": "a"}),
            ("stream", {"stream_name": "s"}),
            ("log", {"level": "error"}),
        )
        more = [
            {
                **first,
                "id": f"5b0d5b2e-0000-4000-8000-0000000000d{n}",
                "trigger_type": trigger_type,
                "function_id": "orders::take",
                "config": config,
            }
            for n, (trigger_type, config) in enumerate(bound)
        ]
        return [*super().triggers(), *more]


@unusual
class FailsWhereNothingIsKept(Worker):
    """Takes what is absent for a fault of whoever asked, and says so."""

    async def order(self, data: Json) -> Json:
        call = {"type": "invokefunction", "function_id": "state::get"}
        found = await self.ask({**call, "data": {"scope": "orders", "key": "7"}}, 5)
        return found["result"]["total"]

    def handlers(self) -> dict[str, Handler]:
        return {**super().handlers(), "orders::total": self.order}


@unusual
class StreamsItsAnswers(Worker):
    """Reads a request to its end and answers through the channel; its result says nothing."""

    async def page(self, data: Json) -> Json:
        async with self.channel(data["request_body"]) as socket:
            body = self.told_parts([part async for part in socket])["base64"]
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
    """Answers null at once, and streams what the client gets in a task beside it."""

    async def page(self, data: Json) -> Json:
        self.streaming = asyncio.ensure_future(super().page(data))


@unusual
class WritesBitByBit(Worker):
    """Cuts data as it likes, and fragments its messages."""

    def pieces(self, part: Json) -> list[Any]:
        found = super().pieces(part)
        if "text" in part:
            return [[text[:3], text[3:]] for text in found]  # type: ignore[index]
        return [b"", *(piece[at : at + 1000] for piece in found for at in range(0, 2**16, 1000))]


@unusual
class BindsTypesOfOthers(Worker):
    def triggers(self) -> list[Json]:
        first, second = super().triggers()
        other = {**first, "id": "5b0d5b2e-0000-4000-8000-0000000000e1"}
        other |= {"trigger_type": "payments::refund", "config": {"over": 5}}
        return [first, second, other]


@unusual
class BindsTheSameTwice(Worker):
    def triggers(self) -> list[Json]:
        first, second = super().triggers()
        return [first, {**second, "config": first["config"]}]


@unusual
class ServesUrls(Worker):
    URL = "orders::behind-a-url"

    def functions(self) -> list[Json]:
        invocation = {"url": "http://127.0.0.1:9/", "method": "POST", "timeout_ms": 1000}
        one = {"type": "registerfunction", "id": self.URL, "invocation": invocation}
        return [*super().functions(), one]

    async def outcome(self, message: Json) -> Json:
        if message["function_id"] == self.URL:
            return {"error": {"code": "function_not_invokable", "message": "it has a URL"}}
        return await super().outcome(message)


@unusual
class DeclaresFeatures(Worker):
    def description(self) -> Json:
        features = ["observe.v1", "local-dispatch.v1", "large-messages.v1"]
        return {**super().description(), "features": features}

    def most(self) -> int:
        return 2**27

    async def dispatch(self, socket: ClientConnection, message: Json) -> None:
        await super().dispatch(socket, message)
        if message.get("type") == "observeradded":
            names = {"function_id": message["function_id"], "revision": message["revision"]}
            ack = {"type": "observerack", **names, "id": message["observer"]["id"]}
            await self.send(socket, ack)


@unusual
class TakesAnObserverBack(Observes):
    """Observes twice, and ends one of the observers before its connection does."""

    async def observe(self, socket: ClientConnection) -> None:
        await super().observe(socket)
        if self.connects < 2:
            brief = "0b7e1a52-0000-4000-8000-0000000000d3"
            source, target = {"function_id": "a::b"}, {"function_id": "conformance::echo"}
            observed = {"id": brief, "source": source, "target": target}
            await self.send(socket, {"type": "observe", **observed})
            await self.send(socket, {"type": "unobserve", "id": brief})


@unusual
class EndsAtOnceWhenToldTwice(Worker):
    def signalled(self, number: Any) -> None:
        if self.stopping.is_set():
            os._exit(0)
        super().signalled(number)


@unusual
class EndsWhenItsNameIsTaken(Worker):
    async def after_giving_up(self) -> int:
        return 1


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
class DescribesItsDataAtLength(Worker):
    def functions(self) -> list[Json]:
        whole = {
            "$defs": {"a/b": {"type": "object", "properties": {"$ref": {"type": "string"}}}},
            "properties": {"next": {"$ref": "#"}, "item": {"$ref": "#/$defs/a~1b"}},
            "examples": [{"item": {"$ref": "#/nowhere"}}],
        }
        formats = {
            "mutant::hello": {"description": "Anything that greets."},
            "mutant::linked": {"type": "object", **whole},
        }
        return [
            function | ({"request_format": formats[i]} if (i := function["id"]) in formats else {})
            for function in super().functions()
        ]

    def handlers(self) -> dict[str, Handler]:
        return super().handlers() | {"mutant::linked": self.echo}


@unusual
class PassesOnThatAnotherIsMissing(Worker):
    """Its only function of its own is about one of another worker, which is not there."""

    async def order(self, data: Json) -> Json:
        message = {"type": "invokefunction", "function_id": "stock::reserve", "data": data}
        told = await self.ask(message | self.told_fields(message), 5)
        if told.get("error"):
            raise HandlerError(told["error"]["code"], "the order waits for its stock")
        return told["result"]

    def handlers(self) -> dict[str, Handler]:
        return {"mutant::hello": self.order}
