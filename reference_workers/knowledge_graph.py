"""``python -m reference_workers.knowledge_graph``: entities, relations, and paths between them.

Each entity is one record. A relation is stored at both of its ends, so that it can be followed in
either direction with one read of the state.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Iterator
from typing import Any

from reference_workers.client import Worker, run
from reference_workers.client.context import Json
from reference_workers.service import (
    BOOLEAN,
    COUNT,
    OBJECT,
    REALM,
    STRING,
    Function,
    Records,
    array,
    choice,
    form,
    offer_functions,
    text,
)

DEPTH, DEEPEST = 1, 6
LIMIT, MOST = 50, 500
"""The number of entities in an answer: the default, and the most that a call may set."""

ID = text(60)
"""Short enough for a segment of a path in the engine's state, which has at most 256 bytes."""

OUT, IN = "out", "in"


class Graph:
    """Adds to a graph, looks for entities, and follows relations."""

    def __init__(self, worker: Worker) -> None:
        self._records = Records(worker, "graph")

    async def add(self, data: dict[str, Any]) -> Json:
        """Add entities and relations. What is there already is completed, not replaced."""
        realm = data.get("realm", "default")
        entities, relations = data.get("entities", []), data.get("relations", [])
        created = 0
        for entity in entities:
            properties = {"type": "merge", "path": "properties"}
            ops = [properties | {"value": entity.get("properties", {})}]
            if "type" in entity:
                ops.append({"type": "set", "path": "type", "value": entity["type"]})
            created += await self._touch(realm, entity["id"], *ops)
        for relation in relations:
            ends = ((relation["from"], OUT, relation["to"]), (relation["to"], IN, relation["from"]))
            for here, direction, there in ends:
                path = [direction, relation["type"]]
                op = {"type": "merge", "path": path, "value": {there: True}}
                created += await self._touch(realm, here, op)
        return {"created": created, "entities": len(entities), "relations": len(relations)}

    async def query(self, data: dict[str, Any]) -> Json:
        """Look for entities by type and by properties."""
        wanted = data.get("properties", {})
        found = [
            told
            for told in map(_told, await self._records.all(data.get("realm", "default")))
            if data.get("type") in (None, told["type"])
            and all(told["properties"].get(name) == value for name, value in wanted.items())
        ]
        limit = data.get("limit", LIMIT)
        return {"entities": found[:limit], "count": len(found)}

    async def neighbours(self, data: dict[str, Any]) -> Json:
        """Follow relations from an entity, breadth first, to a depth and a number of entities."""
        realm, depth = data.get("realm", "default"), data.get("depth", DEPTH)
        limit = data.get("limit", LIMIT)
        start = await self._records.get(realm, data["id"])
        reached: dict[str, dict[str, Any]] = {}
        seen, level, truncated = {start["id"]}, [start], False
        for distance in range(1, depth + 1):
            steps = [
                (entity["id"], step)
                for entity in level
                for step in _steps(entity, data.get("direction"), data.get("relation"))
            ]
            fresh: dict[str, dict[str, Any]] = {}
            for here, (relation, direction, there) in steps:
                if there not in seen and there not in fresh:
                    via = {"from": here, "relation": relation, "direction": direction}
                    fresh[there] = {"id": there, "distance": distance, "via": via}
            room = limit - len(reached)
            truncated = truncated or len(fresh) > room
            fresh = dict(list(fresh.items())[:room])
            seen |= fresh.keys()
            reached |= fresh
            found = await asyncio.gather(*(self._records.find(realm, each) for each in fresh))
            level = [entity for entity in found if entity is not None]
            if not level:
                break
        return {"neighbours": list(reached.values()), "truncated": truncated}

    async def _touch(self, realm: str, entity_id: str, *ops: Json) -> bool:
        """Change an entity, or create it; return whether it is new."""
        own = {"type": "set", "path": "id", "value": entity_id}
        return (await self._records.update(realm, entity_id, own, *ops)).old is None


def _steps(
    entity: dict[str, Any], direction: str | None, relation: str | None
) -> Iterator[tuple[str, str, str]]:
    """The relations of an entity that match, each with its direction and other end."""
    for side in (OUT, IN):
        ends = entity.get(side)
        if direction in (None, side) and isinstance(ends, dict):
            for name, others in ends.items():
                if relation in (None, name) and isinstance(others, dict):
                    yield from ((name, side, other) for other in others)


def _told(entity: dict[str, Any]) -> dict[str, Any]:
    kind, properties = entity.get("type"), entity.get("properties")
    return {
        "id": entity["id"],
        "type": kind if isinstance(kind, str) else None,
        "properties": properties if isinstance(properties, dict) else {},
    }


def offer(worker: Worker) -> None:
    """Register the functions."""
    graph = Graph(worker)
    entity = form("id", id=ID, type=ID, properties=OBJECT)
    relation = form(*("from", "type", "to"), **{"from": ID, "type": ID, "to": ID})
    limit = {"type": "integer", "minimum": 1, "maximum": MOST}
    found = form("id", id=STRING, type={"type": ["string", "null"]}, properties=OBJECT)
    near = form("id", "distance", "via", id=STRING, distance=COUNT, via=OBJECT)
    tea = {"from": "tea", "type": "grows_in", "to": "assam"}
    offer_functions(
        worker,
        {
            "kg::add": Function(
                graph.add,
                form(
                    entities=array(entity, 100),
                    relations=array(relation, 100),
                    realm=REALM,
                    example={"entities": [{"id": "tea", "type": "plant"}], "relations": [tea]},
                ),
                form(
                    "created",
                    "entities",
                    "relations",
                    created=COUNT,
                    entities=COUNT,
                    relations=COUNT,
                ),
                metadata={"tool": True},
            ),
            "kg::query": Function(
                graph.query,
                form(
                    type=ID, properties=OBJECT, limit=limit, realm=REALM, example={"type": "plant"}
                ),
                form("entities", "count", entities=array(found), count=COUNT),
                metadata={"tool": True},
            ),
            "kg::neighbours": Function(
                graph.neighbours,
                form(
                    "id",
                    id=ID,
                    depth={"type": "integer", "minimum": 1, "maximum": DEEPEST},
                    relation=ID,
                    direction=choice(OUT, IN),
                    limit=limit,
                    realm=REALM,
                    example={"id": "tea"},
                ),
                form("neighbours", "truncated", neighbours=array(near), truncated=BOOLEAN),
                metadata={"tool": True},
            ),
        },
    )


if __name__ == "__main__":
    sys.exit(run(offer))
