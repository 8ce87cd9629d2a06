"""``python -m reference_workers.swarm``: one question to several agents, through the queue.

Each agent's share is a separate message, so that it is retried if a worker dies while handling it.
Answers are collected in the engine's state. The coordinator waits until enough agents have
answered, or until the time is over.
"""

from __future__ import annotations

import asyncio
import sys
import uuid
from collections import Counter
from typing import Any

from reference_workers.client import FunctionError, Worker, run
from reference_workers.client.context import Json
from reference_workers.service import (
    BOOLEAN,
    COUNT,
    OBJECT,
    REALM,
    STRING,
    TEXT,
    Function,
    Records,
    array,
    form,
    offer_functions,
    text,
)

TOPIC = "swarm.tasks"
PATIENT = {"maxRetries": 4, "backoffDelayMs": 500}
"""A share is retried for as long as a coordinator may wait for it."""

SECONDS = 20.0
"""How long to wait for answers, in seconds; less than callers wait for a function (30 s)."""

NAME = text(128)
LOOK_AGAIN = 1.0
"""The interval in seconds between reads of the state: another process may handle a share."""


class Swarm:
    """Distributes a question, collects the answers, and reports the status."""

    def __init__(self, worker: Worker) -> None:
        self._worker = worker
        self._swarms = Records(worker, "swarms", {"agents": list, "quorum": int})
        self._tasks = Records(
            worker, "swarm_tasks", {"agents": list, "quorum": int, "answers": dict}
        )
        self._news: dict[str, asyncio.Event] = {}

    async def create(self, data: dict[str, Any]) -> Json:
        """Create a swarm of agents, or change the one of that name."""
        agents = sorted(set(data["agents"]))
        quorum = data.get("quorum", len(agents) // 2 + 1)
        if quorum > len(agents):
            told = f"a quorum of {quorum} is more than the {len(agents)} agents there are"
            raise FunctionError("invalid_request", told)
        swarm = {"id": data["id"], "agents": agents, "quorum": quorum}
        await self._swarms.put(data.get("realm", "default"), swarm)
        return swarm

    async def coordinate(self, data: dict[str, Any]) -> Json:
        """Ask all agents of a swarm, and wait until a quorum has answered."""
        realm = data.get("realm", "default")
        swarm = await self._swarms.get(realm, data["id"])
        task_id = str(uuid.uuid4())
        task = {"id": task_id, "swarm": swarm["id"], "answers": {}}
        await self._tasks.put(realm, task | {n: swarm[n] for n in ("agents", "quorum")})
        news = self._news[task_id] = asyncio.Event()
        try:
            for agent in swarm["agents"]:
                share = {"task": task_id, "agent": agent, "text": data["text"], "realm": realm}
                message = {"topic": TOPIC, "data": share}
                await self._worker.call("iii::durable::publish", message, namespace="default")
            await self._collect(realm, task_id, news, data.get("seconds", SECONDS))
        finally:
            del self._news[task_id]
        return _told(await self._tasks.get(realm, task_id))

    async def status(self, data: dict[str, Any]) -> Json:
        """Tell where a task stands."""
        return _told(await self._tasks.get(data.get("realm", "default"), data["task"]))

    async def work(self, data: dict[str, Any]) -> Json:
        """Let one agent answer its share of a task, and put the answer to the others."""
        realm = data.get("realm", "default")
        task = await self._tasks.get(realm, data["task"])
        if data["agent"] in task["answers"]:
            return {"answered": False}
        asked = {"agent": data["agent"], "text": data["text"], "realm": realm}
        asked["session"] = f"swarm-{data['task']}-{data['agent']}"[:128]
        answer: Json
        try:
            said = await self._worker.call("agent::chat", asked)
            answer = {"reply": str(said.get("reply"))}
        except FunctionError as fault:
            # An agent's failure is an answer, too; an agent whose worker is not running is retried.
            if fault.code in ("function_not_found", "invocation_stopped", "TIMEOUT"):
                raise
            answer = {"error": fault.body()}
        share = {"type": "merge", "path": "answers", "value": {data["agent"]: answer}}
        await self._tasks.update(realm, data["task"], share)
        if data["task"] in self._news:
            self._news[data["task"]].set()
        return {"answered": True}

    async def _collect(self, realm: str, task_id: str, news: asyncio.Event, seconds: float) -> None:
        """Wait until a task is over, or for some seconds."""
        try:
            async with asyncio.timeout(seconds):
                while not _is_over(await self._tasks.get(realm, task_id)):
                    try:
                        await asyncio.wait_for(news.wait(), LOOK_AGAIN)
                    except TimeoutError:
                        continue
                    news.clear()
        except TimeoutError:
            return


def _replies(task: dict[str, Any]) -> dict[str, str]:
    answers = task["answers"].items()
    return {agent: str(a["reply"]) for agent, a in answers if isinstance(a, dict) and "reply" in a}


def _is_over(task: dict[str, Any]) -> bool:
    """Whether enough agents have answered, or all have."""
    return len(_replies(task)) >= task["quorum"] or len(task["answers"]) >= len(task["agents"])


def _told(task: dict[str, Any]) -> Json:
    """A task as callers see it. An answer that a quorum gives alike is agreed."""
    replies = _replies(task)
    common = Counter(replies.values()).most_common(1)
    agreed = common[0][0] if common and common[0][1] >= task["quorum"] else None
    missing = [name for name in map(str, task["agents"]) if name not in task["answers"]]
    told = {"task": task["id"], "quorum": len(replies) >= task["quorum"], "agreed": agreed}
    return told | {"answers": task["answers"], "missing": missing}


def offer(worker: Worker) -> None:
    """Register the functions and subscribe to the queue."""
    swarm = Swarm(worker)
    task = form(
        *("task", "quorum", "answers", "missing"),
        task=STRING,
        quorum=BOOLEAN,
        agreed={"type": ["string", "null"]},
        answers=OBJECT,
        missing=array(STRING),
    )
    count = {"type": "integer", "minimum": 1}
    seconds = {"type": "number", "exclusiveMinimum": 0, "maximum": SECONDS}
    offer_functions(
        worker,
        {
            "swarm::create": Function(
                swarm.create,
                form(
                    *("id", "agents"),
                    id=NAME,
                    agents=array(text(60), 32) | {"minItems": 1},
                    quorum=count,
                    realm=REALM,
                    example={"id": "council", "agents": ["ada", "bob", "eve"], "quorum": 2},
                ),
                form("id", "agents", "quorum", id=STRING, agents=array(STRING), quorum=COUNT),
            ),
            "swarm::coordinate": Function(
                swarm.coordinate,
                form(
                    *("id", "text"),
                    id=NAME,
                    text=TEXT,
                    seconds=seconds,
                    realm=REALM,
                    example={"id": "council", "text": "What is 6 * 7?", "seconds": 1},
                ),
                task,
            ),
            "swarm::status": Function(
                swarm.status, form("task", task=NAME, realm=REALM, example={"task": "t-1"}), task
            ),
            "swarm::work": Function(
                swarm.work,
                form(*("task", "agent", "text"), task=NAME, agent=text(60), text=TEXT, realm=REALM),
                form("answered", answered=BOOLEAN),
            ),
        },
    )
    worker.trigger("durable:subscriber", "swarm::work", {"topic": TOPIC, "queue_config": PATIENT})


if __name__ == "__main__":
    sys.exit(run(offer))
