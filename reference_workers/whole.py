"""``python -m reference_workers.whole``: the agent system as one worker, in one process.

The parts only know each other's function ids, so nothing changes for them: every call between them
still goes through the engine. This suits small machines and tests of the whole system.
"""

from __future__ import annotations

import sys
from collections.abc import Callable

from reference_workers import (
    agent_core,
    api,
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
)
from reference_workers.client import Worker, run
from reference_workers.llm_router import __main__ as llm_router
from reference_workers.tools import __main__ as tools

PARTS: dict[str, Callable[[Worker], None]] = {
    "embedding": embedding.offer,
    "security": security.offer,
    "memory": memory.offer,
    "llm_router": llm_router.offer,
    "tools": tools.offer,
    "sandbox": sandbox.offer,
    "knowledge_graph": knowledge_graph.offer,
    "mission": mission.offer,
    "realm": realm.offer,
    "agent_core": agent_core.offer,
    "session_replay": session_replay.offer,
    "swarm": swarm.offer,
    "api": api.offer,
}


def offer(worker: Worker) -> None:
    """Register the functions of all parts, and those of the sandbox if it can run."""
    for name, part in PARTS.items():
        if name != "sandbox" or wasm.available():
            part(worker)


if __name__ == "__main__":
    sys.exit(run(offer))
