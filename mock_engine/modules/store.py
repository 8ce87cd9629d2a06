"""Values by group and key, in memory or in an SQLite file.

With a file, every change is on disk before the call that made it is answered.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec

MISSING: Any = msgspec.UNSET
"""Stands for a value that does not exist."""


def change(old: Any, new: Any) -> dict[str, Any]:
    """The answer to a call that changed a value."""
    return {"old_value": None if old is MISSING else old, "new_value": new}


class Store:
    """Groups of values. An empty group remains, as in the engine's store."""

    def __init__(self) -> None:
        self._groups: dict[str, dict[str, Any]] = {}

    def get(self, group: str, key: str) -> Any:
        """The value, or ``MISSING``."""
        return self._groups.get(group, {}).get(key, MISSING)

    def put(self, group: str, key: str, value: Any) -> Any:
        """Keep a value; return the one it replaces, or ``MISSING``."""
        values = self._groups.setdefault(group, {})
        old = values.get(key, MISSING)
        values[key] = value
        return old

    def modify(self, group: str, key: str, change: Callable[[Any], Any]) -> tuple[Any, Any]:
        """Change a value atomically; return it before and after."""
        old = self.get(group, key)
        new = change(old)
        self.put(group, key, new)
        return old, new

    def drop(self, group: str, key: str) -> Any:
        """Remove a value and return it, or ``MISSING``."""
        return self._groups.get(group, {}).pop(key, MISSING)

    def values(self, group: str) -> list[Any]:
        """The values of a group."""
        return list(self._groups.get(group, {}).values())

    def groups(self) -> list[str]:
        """The names of all groups, sorted."""
        return sorted(self._groups)

    def close(self) -> None:
        """Close the resources of the store."""


class FileStore(Store):
    """A store that persists its values; several ``owner`` modules may share a file."""

    def __init__(self, path: Path, owner: str) -> None:
        import sqlite3

        super().__init__()
        self._owner = owner
        path.parent.mkdir(parents=True, exist_ok=True)
        self._database = sqlite3.connect(path, isolation_level=None)
        self._database.execute("PRAGMA journal_mode=WAL")
        self._database.execute("PRAGMA synchronous=FULL")
        self._database.execute(
            "CREATE TABLE IF NOT EXISTS entries"
            " (owner TEXT, grp TEXT, key TEXT, value BLOB, PRIMARY KEY (owner, grp, key))"
        )
        mine = "SELECT grp, key, value FROM entries WHERE owner = ?"
        for group, key, value in self._database.execute(mine, (owner,)):
            super().put(group, key, msgspec.json.decode(value))

    def put(self, group: str, key: str, value: Any) -> Any:
        """Store a value on disk, then in memory."""
        self._database.execute(
            "INSERT OR REPLACE INTO entries VALUES (?, ?, ?, ?)",
            (self._owner, group, key, msgspec.json.encode(value)),
        )
        return super().put(group, key, value)

    def drop(self, group: str, key: str) -> Any:
        """Remove a value on disk, then in memory."""
        self._database.execute(
            "DELETE FROM entries WHERE owner = ? AND grp = ? AND key = ?",
            (self._owner, group, key),
        )
        return super().drop(group, key)

    def close(self) -> None:
        """Close the file."""
        self._database.close()
