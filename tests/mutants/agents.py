"""``python -m tests.mutants.agents NAME``: the workers of the agent system, each with one mistake.

Some of the mistakes were seen in deployed systems. No rule of the protocol forbids them, so they
are found by a scenario of the library, or by a rule on how the engine is used.
"""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from reference_workers import (
    agent_core,
    api,
    audit,
    embedding,
    knowledge_graph,
    memory,
    mission,
    realm,
    sandbox,
    security,
    session_replay,
    swarm,
    wasm,
    whole,
)
from reference_workers.client import Worker, run
from reference_workers.llm_router import __main__ as llm_router
from reference_workers.llm_router import local
from reference_workers.service.http import respond
from reference_workers.service.state import Change, State
from reference_workers.tools import __main__ as tools
from reference_workers.tools.files import Files
from reference_workers.turn import Turn

Json = Any


@dataclass(frozen=True, slots=True)
class Mistake:
    """A worker with a mistake, and the requirement or the step of a scenario that finds it."""

    offer: Callable[[Worker], None]
    found_by: str
    step: str | None = None


MISTAKES: dict[str, Mistake] = {}

Offer = Callable[[Worker], None]


def mistaken(found_by: str, step: str | None = None) -> Callable[[Offer], Offer]:
    """Register a worker whose mistake is found by a requirement or at a step of a scenario."""

    def register(offer: Offer) -> Offer:
        name = offer.__name__.title().replace("_", "")
        MISTAKES[name] = Mistake(offer, found_by, step)
        return offer

    return register


def instead(owner: Any, name: str, other: Any) -> None:
    """Replace one object by another, for the rest of this process."""
    assert hasattr(owner, name), name
    setattr(owner, name, other)


# -- state ---------------------------------------------------------------------------------------


@mistaken("agents-memory", "stored")
def takes_null_for_present(worker: Worker) -> None:
    """A store that reads null as a value, so that everything is a duplicate and nothing is kept."""

    async def store(self: memory.Memory, data: Json) -> Json:
        await self._embedding(data["text"])
        memory_id = memory.identity(data["text"], "fact")
        answer = {"result": await self._records(memory.place_of(data)).find("default", memory_id)}
        if "result" not in answer:
            await self._records(memory.place_of(data)).put("default", {"id": memory_id})
        state = State(self._worker)
        await state.update("seen", memory_id, {"type": "increment", "path": "n", "by": 1})
        return {"id": memory_id, "status": "duplicate", "times": 1}

    instead(memory.Memory, "store", store)
    memory.offer(worker)


@mistaken("agents-memory", "kept")
def stores_nothing(worker: Worker) -> None:
    """A store that answers as if it had stored the value."""

    async def store(self: memory.Memory, data: Json) -> Json:
        await self._embedding(data["text"])
        return {"id": memory.identity(data["text"], "fact"), "status": "stored", "times": 1}

    instead(memory.Memory, "store", store)
    memory.offer(worker)


@mistaken("USE-001")
def updates_with_operations(worker: Worker) -> None:
    """Sends `operations` where the engine expects `ops`."""

    async def update(self: State, scope: str, key: str, *ops: Json) -> Change:
        await self._call("update", scope=scope, key=key, operations=list(ops))
        return Change(None, {"times": 1})

    instead(State, "update", update)
    knowledge_graph.offer(worker)


@mistaken("agents-mission", "once")
def checks_out_in_two_steps(worker: Worker) -> None:
    """Two workers that look at the same time both get the mission."""

    async def append(self: Json, realm: str, mission_id: str, kind: str, **fields: Json) -> Json:
        record = await self._records.get(realm, mission_id)
        event = {"event": kind, "token": f"t-{id(fields)}", "at": self._now(), **fields}
        record["events"] = [*record.get("events", []), event]
        await self._records.put(realm, record)
        return record, event["token"]

    instead(mission.Missions, "_append", append)
    mission.offer(worker)


@mistaken("agents-graph", "backwards")
def relates_one_way(worker: Worker) -> None:
    """A relation can be followed only from its beginning."""
    steps = knowledge_graph._steps

    def one_way(entity: Json, direction: str | None, relation: str | None) -> Json:
        return (step for step in steps(entity, direction, relation) if step[1] != "in")

    instead(knowledge_graph, "_steps", one_way)
    knowledge_graph.offer(worker)


# -- answers that never come ---------------------------------------------------------------------


@mistaken("agents-realm", "answered")
def never_answers_a_wrong_leaf(worker: Worker) -> None:
    """The import raises in a task whose result nobody awaits, so its caller waits for ever."""

    async def imported(self: realm.Realms, data: Json) -> Json:
        done: asyncio.Future[int] = asyncio.get_running_loop().create_future()

        async def work() -> None:
            count = 0
            for kind, values in data["records"].items():
                for record in values:
                    await self._state.set(f"realm:{data['id']}:{kind}", record["id"], record)
                    count += 1
            done.set_result(count)

        self.working = asyncio.ensure_future(work())  # type: ignore[attr-defined]
        return {"imported": await done, "skipped": 0, "reasons": []}

    instead(realm.Realms, "import_", imported)
    realm.offer(worker)


@mistaken("agents-sandbox", "trap")
def dies_of_a_trap(worker: Worker) -> None:
    instead(wasm, "_told", lambda fault, store: os._exit(1))
    sandbox.offer(worker)


@mistaken("agents-swarm", "agreed")
def waits_for_everybody(worker: Worker) -> None:
    instead(swarm, "_is_over", lambda task: len(task["answers"]) >= len(task["agents"]))
    swarm.offer(worker)


# -- triggers ------------------------------------------------------------------------------------


@mistaken("USE-003")
def five_fields_of_cron(worker: Worker) -> None:
    """A schedule in crontab's form, without seconds."""
    instead(mission, "SWEEP", "*/5 * * * *")
    mission.offer(worker)


@mistaken("agents-api", "asked")
def never_reads_the_body(worker: Worker) -> None:
    """A handler that takes the whole request for the data."""

    async def completions(self: api.Api, data: Json) -> Json:
        body = {"messages": [{"role": "user", "content": str(data.get("text", "Hello"))}]}
        said = await self._worker.call("agent::chat", api._asked(body))
        return respond({"object": "chat.completion", "choices": [{"message": said}]})

    instead(api.Api, "chat_completions", completions)
    api.offer(worker)


# -- decisions -----------------------------------------------------------------------------------


@mistaken("agents-security", "denied")
def allows_everything(worker: Worker) -> None:
    async def held(self: security.Security, realm: str, agent: str) -> list[str]:
        return ["*"]

    instead(security.Security, "_held", held)
    security.offer(worker)


@mistaken("agents-security", "verified")
def forgets_what_was_before(worker: Worker) -> None:
    """Each entry of the log is sealed as if it were the first."""

    async def head(self: audit.AuditLog) -> Json:
        hint = await State(worker).get(*audit.HEAD) or {"seq": 0}
        return {"seq": hint["seq"], "hash": audit.GENESIS}

    instead(audit.AuditLog, "_head", head)
    security.offer(worker)


@mistaken("agents-turn", "asks-first")
def uses_tools_unasked(worker: Worker) -> None:
    async def permit(self: Turn, name: str) -> None:
        return None

    instead(Turn, "_permit", permit)
    agent_core.offer(worker)


@mistaken("agents-turn", "kept")
def answers_before_it_keeps(worker: Worker) -> None:
    async def keep(self: agent_core.Agents, *arguments: Json) -> int:
        return 1

    instead(agent_core.Agents, "_keep", keep)
    agent_core.offer(worker)


@mistaken("agents-tools", "inside")
def leaves_the_root(worker: Worker) -> None:
    instead(Files, "_place", lambda self, name: self._root / name)
    tools.offer(worker)


@mistaken("agents-models", "asks")
def never_asks_for_a_tool(worker: Worker) -> None:
    instead(local, "RULES", ())
    llm_router.offer(worker)


@mistaken("agents-replay", "ordered")
def gives_turns_back_as_texts_sort(worker: Worker) -> None:
    """`10` comes before `2`."""

    async def get(self: session_replay.Replay, data: Json) -> Json:
        told = await self.get_right(data)  # type: ignore[attr-defined]
        return told | {"turns": sorted(told["turns"], key=lambda turn: str(turn["turn"]))}

    session_replay.Replay.get_right = session_replay.Replay.get  # type: ignore[attr-defined]
    instead(session_replay.Replay, "get", get)
    session_replay.offer(worker)


@mistaken("agents-system", "remembered")
def remembers_nothing(worker: Worker) -> None:
    """The whole system, with agents that forget each message as soon as it is answered."""

    async def recall(self: memory.Memory, data: Json) -> Json:
        return {"memories": []}

    instead(memory.Memory, "recall", recall)
    whole.offer(worker)


@mistaken("agents-embedding", "same")
def compares_lengths(worker: Worker) -> None:
    instead(embedding, "similarity", lambda a, b: 0.5)
    embedding.offer(worker)


def main() -> int:
    """Run the mutant that the command names."""
    name = sys.argv.pop(1) if len(sys.argv) > 1 else ""
    if name not in MISTAKES:
        print(f"no mutant {name!r}; there are: {', '.join(sorted(MISTAKES))}", file=sys.stderr)
        return 2
    return run(MISTAKES[name].offer)


if __name__ == "__main__":
    sys.exit(main())
