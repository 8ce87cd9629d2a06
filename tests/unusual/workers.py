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

from tests.mutants.worker import Handler, Json, Worker

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
    def description(self) -> Json:
        return {**super().description(), "namespace": "blue"}


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
        threading.Thread(target=self.write, daemon=True).start()
        return await super().run()

    def write(self) -> None:
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
            self.url() + "/?token=abc",
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
