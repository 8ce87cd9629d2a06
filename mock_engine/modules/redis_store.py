"""Values by group and key in a Redis server, so that several engines share them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec

from mock_engine.modules.redis_server import RedisServer, key
from mock_engine.modules.store import MISSING, Store


class RedisStore(Store):
    """The groups of one ``owner`` module: a hash for each group, and a set of their names."""

    def __init__(self, server: RedisServer, owner: str) -> None:
        super().__init__()
        self._server = server
        self._client = server.client
        self._owner = owner
        self._names = key(owner, "groups")

    def get(self, group: str, key: str) -> Any:
        """The value, or ``MISSING``."""
        with self._server.answering():
            return _decoded(self._client.hget(self._hash(group), key))

    def put(self, group: str, key: str, value: Any) -> Any:
        """Keep a value; return the one it replaces, or ``MISSING``."""
        old, _ = self.modify(group, key, lambda _: value)
        return old

    def modify(self, group: str, key: str, change: Callable[[Any], Any]) -> tuple[Any, Any]:
        """Change a value atomically, whatever other engines do; return it before and after."""
        place = self._hash(group)

        def step(pipe: Any) -> tuple[Any, Any]:
            old = _decoded(pipe.hget(place, key))
            new = change(old)
            pipe.multi()
            pipe.hset(place, key, msgspec.json.encode(new))
            pipe.sadd(self._names, group)
            return old, new

        with self._server.answering():
            changed: tuple[Any, Any] = self._client.transaction(
                step, place, value_from_callable=True
            )
        return changed

    def drop(self, group: str, key: str) -> Any:
        """Remove a value and return it, or ``MISSING``."""
        place = self._hash(group)

        def step(pipe: Any) -> Any:
            old = _decoded(pipe.hget(place, key))
            pipe.multi()
            pipe.hdel(place, key)
            return old

        with self._server.answering():
            return self._client.transaction(step, place, value_from_callable=True)

    def values(self, group: str) -> list[Any]:
        """The values of a group."""
        with self._server.answering():
            found = self._client.hgetall(self._hash(group))
        return [_decoded(found[each]) for each in sorted(found)]

    def groups(self) -> list[str]:
        """The names of all groups, sorted."""
        with self._server.answering():
            return sorted(name.decode() for name in self._client.smembers(self._names))

    def _hash(self, group: str) -> str:
        return key(self._owner, "group", group)


def _decoded(value: bytes | None) -> Any:
    return MISSING if value is None else msgspec.json.decode(value)
