"""The engine's state and streams, as Python methods.

The functions belong to the engine and are in its default namespace, whatever the worker's is.
"""

from __future__ import annotations

from dataclasses import dataclass

from reference_workers.client import FunctionError, Worker
from reference_workers.client.context import Json

PATIENCE = 10.0
"""How long a module of the engine may take to answer, in seconds."""


@dataclass(frozen=True, slots=True)
class Change:
    """A value before and after an update; ``None`` where there was none."""

    old: Json
    new: Json


class State:
    """Values by scope and key. A value is never null here, so null means that there is none.

    Each method raises ``FunctionError`` with the engine's code when the engine refuses.
    """

    def __init__(self, worker: Worker) -> None:
        self._worker = worker

    async def get(self, scope: str, key: str) -> Json:
        """The value, or ``None``: the engine answers without a result when nothing is stored."""
        return await self._call("get", scope=scope, key=key)

    async def set(self, scope: str, key: str, value: Json) -> None:
        """Store a value."""
        await self._call("set", scope=scope, key=key, value=value)

    async def delete(self, scope: str, key: str) -> Json:
        """Delete a value, and return it."""
        return await self._call("delete", scope=scope, key=key)

    async def values(self, scope: str) -> list[Json]:
        """The values of a scope, in no particular order."""
        found = await self._call("list", scope=scope)
        return found if isinstance(found, list) else []

    async def scopes(self) -> list[str]:
        """The names of all scopes that were ever used."""
        found = await self._call("list_groups")
        groups = found.get("groups") if isinstance(found, dict) else None
        return [name for name in groups or () if isinstance(name, str)]

    async def update(self, scope: str, key: str, *ops: Json) -> Change:
        """Change a value atomically.

        Raises:
            FunctionError: ``update_refused``, when an operation cannot be applied.
        """
        return _change(await self._call("update", scope=scope, key=key, ops=list(ops)))

    async def _call(self, name: str, **data: Json) -> Json:
        return await self._worker.call(
            f"state::{name}", data, seconds=PATIENCE, namespace="default"
        )


class Streams:
    """Items of one stream, in groups. Followers of the stream are notified of each change."""

    def __init__(self, worker: Worker, name: str) -> None:
        self._worker = worker
        self._name = name

    async def get(self, group: str, item: str) -> Json:
        """The item, or ``None``."""
        return await self._call("get", group_id=group, item_id=item)

    async def set(self, group: str, item: str, data: Json) -> None:
        """Store an item."""
        await self._call("set", group_id=group, item_id=item, data=data)

    async def items(self, group: str) -> list[Json]:
        """The items of a group, in no particular order."""
        found = await self._call("list", group_id=group)
        return found if isinstance(found, list) else []

    async def groups(self) -> list[str]:
        """The names of the groups."""
        found = await self._call("list_groups")
        return [name for name in found or () if isinstance(name, str)]

    async def update(self, group: str, item: str, *ops: Json) -> Change:
        """Change an item atomically.

        Raises:
            FunctionError: ``update_refused``, when an operation cannot be applied.
        """
        return _change(await self._call("update", group_id=group, item_id=item, ops=list(ops)))

    async def _call(self, name: str, **data: Json) -> Json:
        asked = {"stream_name": self._name, **data}
        return await self._worker.call(
            f"stream::{name}", asked, seconds=PATIENCE, namespace="default"
        )


def _change(answer: Json) -> Change:
    """The result of an update. The engine reports failed operations beside the others' result.

    Raises:
        FunctionError: ``update_refused``.
    """
    if not isinstance(answer, dict):
        raise FunctionError("update_refused", f"an update was answered with {answer!r:.100}")
    errors = answer.get("errors")
    if errors:
        first = errors[0] if isinstance(errors, list) and isinstance(errors[0], dict) else {}
        raise FunctionError("update_refused", str(first.get("message", errors))[:300])
    return Change(answer.get("old_value"), answer.get("new_value"))
