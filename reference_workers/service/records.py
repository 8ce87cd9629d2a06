"""Records: objects with an id, kept in the engine's state under the scope of a realm.

A record contains its own id because ``state::list`` returns values without their keys. A scope may
contain imported values from anywhere, so values that lack the fields of their kind are ignored.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from reference_workers.client import FunctionError, Worker
from reference_workers.client.context import Json
from reference_workers.service.state import Change, State

DEFAULT_REALM = "default"


def scope_of(realm: str, kind: str) -> str:
    """The scope of a realm's records of one kind. Names of realms have no colon."""
    return f"realm:{realm}:{kind}"


class Records:
    """The records of one kind; ``fields`` are the required ones, with their types."""

    def __init__(self, worker: Worker, kind: str, fields: Mapping[str, type] | None = None) -> None:
        self._state = State(worker)
        self._kind = kind
        self._fields = {"id": str, **(fields or {})}

    async def get(self, realm: str, record_id: str) -> dict[str, Any]:
        """Get a record.

        Raises:
            FunctionError: ``not_found``.
        """
        found = await self.find(realm, record_id)
        if found is None:
            told = f"there is no {self._kind} {record_id!r:.100} in the realm {realm!r}"
            raise FunctionError("not_found", told)
        return found

    async def find(self, realm: str, record_id: str) -> dict[str, Any] | None:
        """Find a record; ``None`` if there is none."""
        found = await self._state.get(scope_of(realm, self._kind), record_id)
        return found if self._fits(found) else None

    async def all(self, realm: str) -> list[dict[str, Any]]:
        """All records, by id."""
        found = await self._state.values(scope_of(realm, self._kind))
        return sorted(filter(self._fits, found), key=lambda record: str(record["id"]))

    async def put(self, realm: str, record: dict[str, Any]) -> None:
        """Store a record."""
        await self._state.set(scope_of(realm, self._kind), record["id"], record)

    async def update(self, realm: str, record_id: str, *ops: Json) -> Change:
        """Change a record, or create it, in one step."""
        return await self._state.update(scope_of(realm, self._kind), record_id, *ops)

    async def delete(self, realm: str, record_id: str) -> bool:
        """Delete a record; return whether there was one."""
        return await self._state.delete(scope_of(realm, self._kind), record_id) is not None

    def _fits(self, value: Json) -> bool:
        return isinstance(value, dict) and all(
            isinstance(value.get(name), kind) for name, kind in self._fields.items()
        )
