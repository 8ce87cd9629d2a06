"""Workers that register unusual things, or in unusual ways."""

from __future__ import annotations

import asyncio
import random

from websockets.asyncio.client import ClientConnection

from tests.mutants.plain import Ticking
from tests.mutants.reporting import Observes
from tests.mutants.worker import Handler, Json, Worker
from tests.unusual.catalogue import unusual


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
class TicksNowAndThen(Ticking):
    """Provides a type whose triggers fire at unpredictable times."""

    def fires(self, trigger_id: str) -> bool:
        self.every = random.uniform(0.02, 0.6)
        return super().fires(trigger_id)


@unusual
class TakesTypesBack(Worker):
    async def open(self, socket: ClientConnection) -> None:
        await super().open(socket)
        brief = {"type": "registertriggertype", "id": "brief-tick", "description": ""}
        await self.send(socket, brief)
        undo = {"type": "unregistertriggertype", "id": "brief-tick"}
        await self.send(socket, undo)


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
