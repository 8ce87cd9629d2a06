"""``python -m reference_workers.agent_core``: agents that think, use tools, and remember.

A turn is a loop: a model is asked what to do next, the tools that it wants are called if the agent
may use them, and the results go back to the model, until it answers or a limit is reached.
Everything that an agent knows between two turns is in the engine: this worker may die at any
moment, and a turn is acknowledged only after it is stored.
"""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from typing import Any

from reference_workers.client import FunctionError, Worker, run
from reference_workers.client.context import Json
from reference_workers.llm_router.local import REMEMBERED
from reference_workers.service import (
    COUNT,
    OBJECT,
    REALM,
    STRING,
    TEXT,
    Function,
    Records,
    Streams,
    array,
    choice,
    form,
    offer_functions,
    text,
)
from reference_workers.session_replay import TURNS, group_of
from reference_workers.turn import Turn

TOPIC = "agent.inbox"
PATIENT = {"maxRetries": 8, "backoffDelayMs": 500}
"""A message is retried for two minutes: another worker that an agent needs may be restarting."""

LIMIT, MOST_STEPS = 6, 20
"""How often a model is asked in a turn: the default, and the most that a call may set."""

RECALLED = 5
"""The number of memories at the beginning of a turn."""

SYSTEM = "You are a helpful agent. Use tools where they help, and answer briefly."
NAME = text(128)
AGENT = text(60)
ROLE = choice("user", "assistant")
DEFAULT = {"id": "default", "system": SYSTEM, "model": "auto", "limit": LIMIT}
"""The agent that exists without being created."""


class Agents:
    """Creates agents and talks with them."""

    def __init__(self, worker: Worker) -> None:
        self._worker = worker
        self._agents = Records(worker, "agents", {"system": str, "model": str, "limit": int})
        self._sessions = Records(worker, "sessions")
        self._turns = Streams(worker, TURNS)

    async def chat(self, data: dict[str, Any]) -> Json:
        """Answer one message of a session."""
        realm, session, said = data.get("realm", "default"), data["session"], data["text"].strip()
        if not said:
            raise FunctionError("invalid_request", "$.text: it is blank")
        agent = await self._agent(realm, data.get("agent", "default"))
        scanned = {"text": said, "subject": f"session:{session}"[:128]}
        found = await self._worker.call("security::scan_injection", scanned)
        if found["suspicious"]:
            reasons = "; ".join(each["reason"] for each in found["findings"])
            raise FunctionError("injection_suspected", reasons)
        owner = {"agent": agent["id"], "session": session, "realm": realm}
        asked = owner | {"query": said, "limit": RECALLED}
        recalled = await self._worker.call("memory::recall", asked)
        turn = Turn(self._worker, agent, data)
        system = {"role": "system", "content": _instructions(agent, recalled["memories"])}
        turn.messages = [system, *data.get("history", []), {"role": "user", "content": said}]
        tools = (await self._worker.call("tool::list", {}))["tools"]
        reply = await turn.think(tools)
        await self._worker.call("memory::store", owner | {"text": said, "kind": "turn"})
        number = await self._keep(realm, agent["id"], session, said, reply, turn.steps)
        told = {"session": session, "turn": number, "reply": reply, "agent": agent["id"]}
        return told | {"steps": turn.steps, "usage": turn.usage}

    async def create(self, data: dict[str, Any]) -> Json:
        """Create an agent, or change the one of that name, and give it its role."""
        realm = data.get("realm", "default")
        agent = DEFAULT | {n: data[n] for n in ("id", "system", "model", "limit") if n in data}
        if "role" in data:
            granted = {"agent": agent["id"], "role": data["role"], "realm": realm}
            await self._worker.call("security::grant", granted)
        await self._agents.put(realm, agent)
        return agent

    async def agents(self, data: dict[str, Any]) -> Json:
        """List the agents of a realm."""
        found = await self._agents.all(data.get("realm", "default"))
        named = {agent["id"] for agent in found}
        return {"agents": [*([] if "default" in named else [DEFAULT]), *found]}

    async def get(self, data: dict[str, Any]) -> Json:
        """Tell of one agent."""
        return await self._agent(data.get("realm", "default"), data["id"])

    async def list_tools(self, data: dict[str, Any]) -> Json:
        """List the tools that agents can be allowed to use."""
        del data
        return {"tools": (await self._worker.call("tool::list", {}))["tools"]}

    async def _agent(self, realm: str, name: str) -> dict[str, Any]:
        if name == "default":
            return await self._agents.find(realm, name) or DEFAULT
        return await self._agents.get(realm, name)

    async def _keep(
        self, realm: str, agent: str, session: str, said: str, reply: str, steps: list[Json]
    ) -> int:
        """Store a turn in the stream of turns, under the next number of its session."""
        change = await self._sessions.update(
            realm,
            session,
            {"type": "set", "path": "id", "value": session},
            {"type": "increment", "path": "turns", "by": 1},
        )
        number = int(change.new["turns"])
        turn = {"turn": number, "agent": agent, "text": said, "reply": reply, "steps": steps}
        turn["at"] = datetime.now(UTC).isoformat()
        await self._turns.set(group_of(realm, session), f"{number:012}", turn)
        return number


def _instructions(agent: dict[str, Any], memories: list[dict[str, Any]]) -> str:
    """The system message: what the agent is, and what it remembers, one line each."""
    lines = [" ".join(str(memory["text"]).split()) for memory in memories]
    remembered = "".join(f"\n- {line}" for line in lines)
    return f"{agent['system']}\n{REMEMBERED}{remembered}" if lines else str(agent["system"])


def offer(worker: Worker) -> None:
    """Register the functions and subscribe to the queue."""
    agents = Agents(worker)
    agent = form(
        *("id", "system", "model", "limit"),
        id=STRING,
        system=STRING,
        model=STRING,
        limit={"type": "integer"},
    )
    tool = form("name", "description", name=STRING, description=STRING, parameters=OBJECT)
    step = form("tool", "ok", tool=STRING, ok={"type": "boolean"}, error=OBJECT)
    earlier = form("role", "content", role=ROLE, content={"type": "string", "maxLength": 100_000})
    offer_functions(
        worker,
        {
            "agent::chat": Function(
                agents.chat,
                form(
                    *("session", "text"),
                    session=NAME,
                    text=TEXT,
                    agent=AGENT,
                    realm=REALM,
                    history=array(earlier, 500),
                    example={"session": "s-1", "text": "What is 6 * 7?"},
                ),
                form(
                    *("session", "turn", "reply"),
                    session=STRING,
                    turn={"type": "integer", "minimum": 1},
                    reply=STRING,
                    agent=STRING,
                    steps=array(step),
                    usage=form(prompt_tokens=COUNT, completion_tokens=COUNT),
                ),
            ),
            "agent::create": Function(
                agents.create,
                form(
                    "id",
                    id=AGENT,
                    system=text(10_000),
                    model=NAME,
                    limit={"type": "integer", "minimum": 1, "maximum": MOST_STEPS},
                    role=choice("reader", "assistant", "operator"),
                    realm=REALM,
                    example={"id": "ada", "role": "assistant"},
                ),
                agent,
            ),
            "agent::list": Function(
                agents.agents, form(realm=REALM, example={}), form("agents", agents=array(agent))
            ),
            "agent::get": Function(
                agents.get, form("id", id=AGENT, realm=REALM, example={"id": "default"}), agent
            ),
            "agent::list_tools": Function(
                agents.list_tools, form(example={}), form("tools", tools=array(tool))
            ),
        },
    )
    worker.trigger("durable:subscriber", "agent::chat", {"topic": TOPIC, "queue_config": PATIENT})


if __name__ == "__main__":
    sys.exit(run(offer))
