"""The adapters named in a module's options: its store, and a Redis server."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from mock_engine.modules.redis_server import RedisServer
from mock_engine.modules.redis_store import RedisStore
from mock_engine.modules.store import FileStore, Store

REDIS = "redis"
DEFAULT_URL = "redis://localhost:6379"
"""The URL of Redis, unless the configuration has another (engine 0.23)."""


def redis_url(options: Mapping[str, Any]) -> str | None:
    """The URL of the Redis server that a module uses; ``None`` with another adapter."""
    adapter = options.get("adapter") or {}
    named = adapter.get("name") == REDIS or "Redis" in (adapter.get("class") or "")
    if not named:
        return None
    url: str = (adapter.get("config") or {}).get("redis_url") or DEFAULT_URL
    return url


def redis_server(options: Mapping[str, Any]) -> RedisServer | None:
    """The Redis server named in a module's options; ``None`` without one.

    Raises:
        ConfigError: the extra ``redis`` is not installed.
    """
    url = redis_url(options)
    return None if url is None else RedisServer(url)


def module_store(options: Mapping[str, Any], name: str, server: RedisServer | None) -> Store:
    """The store of a module; ``name`` is its file in a folder, or its prefix in Redis."""
    return open_store(options, name) if server is None else RedisStore(server, name)


def open_store(options: Mapping[str, Any], name: str) -> Store:
    """The store named in a module's options; ``name`` is its file in a folder."""
    adapter = options.get("adapter") or {}
    settings = {**options, **(adapter.get("config") or {})}
    if settings.get("store_method") != "file_based":
        return Store()
    path = Path(settings.get("file_path") or "./data")
    return FileStore(path if path.suffix else path / f"{name}.db", name)
