"""A correct worker that was not prepared for the suite: its own functions, no well-known ones.

Mutants of it show that a mistake is found without the worker's help.
"""

from __future__ import annotations

import asyncio

from websockets.asyncio.client import ClientConnection
from websockets.exceptions import ConnectionClosed

from tests.mutants.worker import Handler, Json, Worker


class Plain(Worker):
    """Greets, and adds numbers."""

    async def add(self, data: Json) -> Json:
        return {"sum": data["a"] + data["b"]}

    def handlers(self) -> dict[str, Handler]:
        return {"mutant::hello": self.hello, "mutant::add": self.add}


class Ticking(Plain):
    """Provides a trigger type that fires by itself, at a fixed interval in seconds."""

    every = 0.3

    async def bind(self, socket: ClientConnection, message: Json) -> None:
        known = message["id"] in self.bindings
        await super().bind(socket, message)
        if message["id"] in self.bindings and not known:
            ticking = asyncio.create_task(self.tick(socket, message["id"]))
            self.__dict__.setdefault("ticks", {})[message["id"]] = ticking

    async def tick(self, socket: ClientConnection, trigger_id: str) -> None:
        while self.fires(trigger_id) and not self.stopping.is_set():
            await asyncio.sleep(self.every)
            binding = self.bindings.get(trigger_id)
            if binding is None:
                return
            message = {"type": "invokefunction", "function_id": binding["function_id"], "data": {}}
            try:
                await self.send(
                    socket,
                    {**message, "action": {"type": "void"}, **self.binding_fields(binding)},
                )
            except ConnectionClosed:
                return

    def fires(self, trigger_id: str) -> bool:
        return trigger_id in self.bindings
