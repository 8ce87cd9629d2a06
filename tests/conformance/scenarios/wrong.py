"""Wrong workers for scenarios that no mutant of a requirement fails: ``python -m … NAME``."""

from __future__ import annotations

import asyncio
import sys
from typing import Any

from websockets.asyncio.client import ClientConnection

from reference_workers import agent
from reference_workers.client import Worker as Client
from reference_workers.client import run
from tests.mutants.worker import Json, Worker, main


class LosesRequests(Worker):
    """Never answers HTTP requests."""

    async def reply(self, socket: ClientConnection, message: Json, body: Json) -> None:
        if message["function_id"] != "mutant::hello":
            await super().reply(socket, message, body)


class HangsWithoutAnEngine(Worker):
    """Waits for its connection before it ends, as flushing telemetry does."""

    async def pause(self, seconds: float) -> None:
        await asyncio.sleep(seconds)

    def gives_up(self, fault: Exception) -> bool:
        return self.stopping.is_set()

    async def after_giving_up(self) -> int:
        await asyncio.Event().wait()
        return 0

    async def leave(self) -> None:
        await asyncio.Event().wait()


class ServesOneAtATime(Worker):
    """Drops, for good, the functions that another process of the same worker owns."""

    def __init__(self) -> None:
        super().__init__()
        self.lost: set[str] = set()

    def rejected(self, message: Json) -> None:
        super().rejected(message)
        self.lost.add(str(message.get("function_id")))

    def functions(self) -> list[Json]:
        return [each for each in super().functions() if each["id"] not in self.lost]


class Unread(agent.Agent):
    """Refuses every call."""

    async def chat(self, data: Any, context: Any) -> Any:
        raise ValueError("this handler reads another form")


class Swallowing(agent.Agent):
    """Accepts every call."""

    async def chat(self, data: Any, context: Any) -> Any:
        return None


def wrong_agent(kind: type[agent.Agent]) -> Any:
    def offer(worker: Client) -> None:
        worker.function("agent::chat", kind(worker).chat)
        worker.trigger("durable:subscriber", "agent::chat", {"topic": agent.TOPIC})

    return lambda: sys.exit(run(offer))


WRONG: dict[str, Any] = {
    **{
        kind.__name__: lambda kind=kind: main(kind)
        for kind in (LosesRequests, HangsWithoutAnEngine, ServesOneAtATime)
    },
    "Unread": wrong_agent(Unread),
    "Swallowing": wrong_agent(Swallowing),
}

if __name__ == "__main__":
    WRONG[sys.argv.pop(1)]()  # the remaining arguments are the worker's
