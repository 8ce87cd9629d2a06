"""``python -m tests.sdks.clients.python_client``: a client on the SDK for Python."""

from __future__ import annotations

import asyncio
import json
import queue
import sys
import warnings
from collections import defaultdict
from typing import Any

from iii import InvocationError, TriggerAction, register_worker
from iii.helpers import create_channel
from iii.triggers import TriggerConfig, TriggerHandler
from iii_helpers.http import HttpInvocationConfig
from iii_helpers.observability import Logger

warnings.filterwarnings("ignore", category=DeprecationWarning)
PATIENCE = 20.0
"""How long to wait for an event, in seconds."""


class Keeper(TriggerHandler[Any]):  # type: ignore[misc]  # the SDK has no types
    """A trigger type that records its triggers."""

    def __init__(self, kept: queue.Queue[Any]) -> None:
        self._kept = kept

    async def register_trigger(self, config: TriggerConfig[Any]) -> None:
        self._kept.put({"function_id": config.function_id, "config": config.config})

    async def unregister_trigger(self, config: TriggerConfig[Any]) -> None:
        self._kept.put({"unregistered": config.id})


class Client:
    def __init__(self) -> None:
        self._worker = register_worker()
        self._given: defaultdict[str, queue.Queue[Any]] = defaultdict(queue.Queue)

    def call(self, function_id: str, payload: Any, action: Any = None) -> Any:
        request = {"function_id": function_id, "payload": payload}
        if action == "void":
            request["action"] = TriggerAction.Void()
        elif action is not None:
            request["action"] = TriggerAction.Enqueue(queue=action["queue"])
        return self._worker.trigger(request)

    def function(self, name: str, reply: Any) -> None:
        def handler(data: Any) -> Any:
            # The ends of channels in it are not data.
            self._given[name].put(json.loads(json.dumps(data, default=lambda _: None)))
            if isinstance(reply, dict) and "fail" in reply:
                raise RuntimeError(reply["fail"])
            return reply

        self._worker.register_function(name, handler)

    def url(self, name: str, url: str) -> None:
        self._worker.register_function(name, HttpInvocationConfig(url=url, method="POST"))

    def trigger(self, kind: str, function_id: str, config: Any) -> None:
        self._worker.register_trigger({"type": kind, "function_id": function_id, "config": config})

    def kind(self, name: str) -> None:
        self._worker.register_trigger_type(
            {"id": name, "description": name}, Keeper(self._given[name])
        )

    def next(self, name: str) -> Any:
        return self._given[name].get(timeout=PATIENCE)

    def channel(self, text: str) -> str:
        async def through() -> str:
            await channel.writer.write(text.encode())
            await channel.writer.close_async()
            return str((await channel.reader.read_all()).decode())

        channel = create_channel(self._worker)
        return asyncio.run(through())

    def log(self, message: str) -> None:
        Logger().info(message, {"from": "client"})

    def stop(self) -> None:
        self._worker.shutdown()


def main() -> None:
    client = Client()
    for line in sys.stdin:
        asked = json.loads(line)
        try:
            answer = {"result": getattr(client, asked.pop("do"))(**asked)}
        except InvocationError as fault:
            answer = {"error": {"code": fault.code, "message": fault.message}}
        except Exception as fault:
            answer = {"error": {"code": type(fault).__name__, "message": str(fault)}}
        print(json.dumps(answer), flush=True)
    client.stop()


if __name__ == "__main__":
    main()
