"""Workers that use the engine and other workers."""

from __future__ import annotations

import asyncio
import os
from typing import Any

from websockets.asyncio.client import ClientConnection

from tests.mutants.worker import Handler, Json, Worker
from tests.unusual.catalogue import unusual


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
class UsesTheEngine(Worker):
    """Uses state, queues, topics and streams, and reads values that do not exist."""

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
    """Treats a missing value as the caller's mistake, and says so."""

    async def order(self, data: Json) -> Json:
        call = {"type": "invokefunction", "function_id": "state::get"}
        found = await self.ask({**call, "data": {"scope": "orders", "key": "7"}}, 5)
        return found["result"]["total"]

    def handlers(self) -> dict[str, Handler]:
        return {**super().handlers(), "orders::total": self.order}
