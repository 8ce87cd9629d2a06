"""``python -m reference_workers.memory``: what agents remember of a session and beyond it.

A memory is stored once: its id is the hash of its content. It is found again by likeness, which is
computed from the vectors of ``embedding::generate``, and by recency.
"""

from __future__ import annotations

import hashlib
import math
import sys
import time
from collections.abc import Callable
from typing import Any

from reference_workers.client import FunctionError, Worker, run
from reference_workers.client.context import Json
from reference_workers.embedding import similarity
from reference_workers.service import (
    COUNT,
    NUMBER,
    REALM,
    STRING,
    TEXT,
    Function,
    Records,
    array,
    choice,
    form,
    offer_functions,
    text,
)

LIKENESS, RECENCY = 0.8, 0.2
"""The weights of likeness and recency in the score of a memory."""

HALF_LIFE = 24 * 3600.0
"""The time in seconds after which a memory's recency is one half."""

DIGITS = 4
"""The decimals of the numbers in a stored embedding; more would not change a rank."""

NAME = text(128)
KIND = choice("turn", "fact")
MEMORY = form(
    *("id", "text", "kind", "score"), id=STRING, text=STRING, kind=STRING, score=NUMBER, at=NUMBER
)


def identity(content: str, kind: str) -> str:
    """The id of a memory: the hash of its content."""
    return hashlib.sha256(f"{kind}\n{content}".encode("utf-8", "surrogatepass")).hexdigest()[:32]


def place_of(data: dict[str, Any]) -> str:
    """The kind of records that a memory belongs to: a session's, or its agent's episodes."""
    owner = f"memory:{data['agent']}"
    return f"{owner}:session:{data['session']}" if "session" in data else f"{owner}:episodes"


class Memory:
    """Stores, recalls and forgets."""

    def __init__(self, worker: Worker, now: Callable[[], float] = time.time) -> None:
        self._worker = worker
        self._now = now

    async def store(self, data: dict[str, Any]) -> Json:
        """Store a memory, unless it is there already; tell which of both."""
        content, kind = data["text"], data.get("kind", "fact")
        vector = [round(x, DIGITS) for x in await self._embedding(content)]
        memory_id = identity(content, kind)
        fields = {"id": memory_id, "text": content, "kind": kind, "embedding": vector}
        change = await self._records(place_of(data)).update(
            data.get("realm", "default"),
            memory_id,
            {"type": "merge", "value": fields | {"at": self._now()}},
            {"type": "increment", "path": "times", "by": 1},
        )
        # A null value means that nothing was stored there before.
        status = "stored" if change.old is None else "duplicate"
        return {"id": memory_id, "status": status, "times": int(change.new["times"])}

    async def recall(self, data: dict[str, Any]) -> Json:
        """Recall what is most like the query, and newest: of the session, and of its agent."""
        wanted = await self._embedding(data["query"])
        places = {place_of(data), place_of({"agent": data["agent"]})}
        found = [
            self._ranked(record, wanted)
            for place in sorted(places)
            for record in await self._records(place).all(data.get("realm", "default"))
        ]
        found.sort(key=lambda memory: (-memory["score"], memory["id"]))
        return {"memories": found[: data.get("limit", 5)]}

    async def forget(self, data: dict[str, Any]) -> Json:
        """Forget one memory, or all of a session, or all episodes of an agent."""
        realm, records = data.get("realm", "default"), self._records(place_of(data))
        ids = [data["id"]] if "id" in data else [each["id"] for each in await records.all(realm)]
        forgotten = [await records.delete(realm, memory_id) for memory_id in ids]
        return {"forgotten": sum(forgotten)}

    def _records(self, place: str) -> Records:
        fields = {"text": str, "kind": str, "embedding": list}
        return Records(self._worker, place, fields)

    def _ranked(self, record: dict[str, Any], wanted: list[float]) -> dict[str, Any]:
        """A memory with its score: 1 for the same text, now."""
        at = record.get("at")
        at = float(at) if isinstance(at, int | float) else 0.0
        age = max(0.0, self._now() - at)
        likeness = max(0.0, _likeness(record["embedding"], wanted))
        score = LIKENESS * likeness + RECENCY * math.pow(0.5, age / HALF_LIFE)
        told = {name: record[name] for name in ("id", "text", "kind")}
        return told | {"score": round(score, DIGITS), "at": at}

    async def _embedding(self, content: str) -> list[float]:
        answer = await self._worker.call("embedding::generate", {"text": content})
        vector = answer.get("embedding") if isinstance(answer, dict) else None
        if not isinstance(vector, list) or not all(type(x) in (int, float) for x in vector):
            raise FunctionError("embedding_failed", "embedding::generate gave no embedding")
        return [float(x) for x in vector]


def _likeness(stored: list[Json], wanted: list[float]) -> float:
    """The likeness of two embeddings; zero if their sizes differ, as with different models."""
    if len(stored) != len(wanted) or not all(type(x) in (int, float) for x in stored):
        return 0.0
    return similarity([float(x) for x in stored], wanted)


def offer(worker: Worker) -> None:
    """Register the functions."""
    memory = Memory(worker)
    owner = {"agent": NAME, "session": NAME, "realm": REALM}
    offer_functions(
        worker,
        {
            "memory::store": Function(
                memory.store,
                form(
                    *("agent", "text"),
                    **owner,
                    text=TEXT,
                    kind=KIND,
                    example={"agent": "ada", "text": "The kettle is blue."},
                ),
                form(
                    *("id", "status", "times"),
                    id=NAME,
                    status=choice("stored", "duplicate"),
                    times=COUNT,
                ),
            ),
            "memory::recall": Function(
                memory.recall,
                form(
                    *("agent", "query"),
                    **owner,
                    query=TEXT,
                    limit={"type": "integer", "minimum": 1, "maximum": 100},
                    example={"agent": "ada", "query": "What colour is the kettle?"},
                ),
                form("memories", memories=array(MEMORY)),
            ),
            "memory::forget": Function(
                memory.forget,
                form("agent", **owner, id=NAME, example={"agent": "ada", "session": "s-1"}),
                form("forgotten", forgotten=COUNT),
            ),
        },
    )


if __name__ == "__main__":
    sys.exit(run(offer))
