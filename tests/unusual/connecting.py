"""Workers that connect, announce and reconnect in unusual ways."""

from __future__ import annotations

import asyncio
from urllib.parse import urlsplit

from websockets.asyncio.client import ClientConnection, connect

from tests.mutants.worker import Handler, Json, Worker
from tests.unusual.catalogue import unusual


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
        address = urlsplit(self.url())._replace(path=self.path).geturl()
        async with connect(address, ping_interval=None, close_timeout=1) as socket:
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
class TriesAtOnceAndThenWaits(Worker):
    """Retries a lost connection at once, and waits after an error or a failed attempt."""

    denied = False

    async def dispatch(self, socket: ClientConnection, message: Json) -> None:
        self.denied = self.denied or message.get("type") == "error"
        await super().dispatch(socket, message)

    def delay(self, attempt: int) -> float:
        at_once, self.denied = attempt == 1 and not self.denied, False
        return 0.0 if at_once else super().delay(attempt)


@unusual
class ProbesThePortFirst(Worker):
    """Checks that something listens before it connects, with a connection without messages."""

    async def dial(self) -> ClientConnection:
        address = urlsplit(self.url())
        _, writer = await asyncio.open_connection(address.hostname, address.port)
        writer.close()
        return await super().dial()


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
class EndsWhenItsNameIsTaken(Worker):
    async def after_giving_up(self) -> int:
        return 1
