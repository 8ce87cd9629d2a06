"""A worker that calls modules over a WebSocket."""

from __future__ import annotations

import asyncio
import json
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from websockets.asyncio.client import ClientConnection, connect

from mock_engine.config import Config, ModuleConfig
from mock_engine.engine import Engine
from mock_engine.wire import Listener

NAMES = ("iii-state", "iii-pubsub", "iii-queue", "iii-cron")


class Client:
    """A worker that makes calls, and answers all calls to it as configured."""

    def __init__(self, socket: ClientConnection) -> None:
        self._socket = socket
        self.called: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        self._answers: dict[str, asyncio.Future[Any]] = {}
        self.reply: dict[str, Any] = {"result": None}

    async def send(self, **message: Any) -> None:
        await self._socket.send(json.dumps(message))

    async def call(self, function_id: str, data: Any) -> Any:
        invocation_id = str(uuid.uuid4())
        answer = self._answers[invocation_id] = asyncio.get_running_loop().create_future()
        ids = {"invocation_id": invocation_id, "function_id": function_id}
        await self.send(type="invokefunction", data=data, **ids)
        return await asyncio.wait_for(answer, 10)

    async def bind(self, trigger_type: str, config: Any) -> None:
        await self.send(type="registerfunction", id="test::handler")
        ids = {"id": "t1", "trigger_type": trigger_type, "function_id": "test::handler"}
        await self.send(type="registertrigger", config=config, **ids)
        await self.call("engine::workers::list", {})

    async def next_call(self) -> Any:
        return (await asyncio.wait_for(self.called.get(), 10))["data"]

    async def listen(self) -> None:
        async for raw in self._socket:
            message = json.loads(raw)
            if message["type"] == "invocationresult":
                self._answers[message["invocation_id"]].set_result(
                    message.get("error") or message.get("result")
                )
            elif message["type"] == "invokefunction":
                ids = {name: message[name] for name in ("invocation_id", "function_id")}
                await self.send(type="invocationresult", **ids, **self.reply)
                await self.called.put(message)


@asynccontextmanager
async def client(**options: Any) -> AsyncIterator[Client]:
    engine = Engine(Config(modules=tuple(ModuleConfig(name, options, 1) for name in NAMES)))
    await engine.start()
    listener = await Listener.start(engine.workers)
    try:
        async with connect(f"ws://127.0.0.1:{listener.port}") as socket:
            worker = Client(socket)
            listening = asyncio.ensure_future(worker.listen())
            await worker.call("engine::workers::register", {"name": "test"})
            yield worker
            listening.cancel()
    finally:
        await listener.stop()
        await engine.stop()
