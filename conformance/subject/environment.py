"""How a worker learns where its engine listens: from its environment and its command line."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping

ADDRESS_VARIABLES = ("III_URL", "III_ENGINE_URL", "III_WS_URL")
"""The variables in which workers look for the engine's address; each generation of SDKs has its
own."""

LOOPBACK = ("127.0.0.1", "localhost", "::1")
MARK = "III_CONFORMANCE_SUBJECT"
"""The variable that marks a worker and everything it starts, so that orphans are found."""


def url(host: str, port: int, query: str = "") -> str:
    """The WebSocket address of an engine; ``query`` comes without its question mark."""
    behind = f"/?{query}" if query else ""
    return f"ws://{f'[{host}]' if ':' in host else host}:{port}{behind}"


def placed(words: Iterable[str], host: str, port: int, query: str = "") -> list[str]:
    """The words with the engine's address for ``{url}``, ``{host}`` and ``{port}``."""
    places = {"{url}": url(host, port, query), "{host}": host, "{port}": str(port)}
    found = list(words)
    for name, value in places.items():
        found = [word.replace(name, value) for word in found]
    return found


def environment(
    inherited: Mapping[str, str],
    host: str,
    port: int,
    mark: str,
    extra: tuple[str, ...] = (),
    also: Mapping[str, str] | None = None,
    query: str = "",
) -> dict[str, str]:
    """The environment of a worker: the inherited one, the engine's address, and a mark.

    ``extra`` names further variables that get the address, ``also`` contains any others. Loopback
    and the engine's host are excluded from any proxy: WebSocket clients obey ``HTTP_PROXY`` even
    there.
    """
    env = dict(inherited)
    for name in (*ADDRESS_VARIABLES, *extra):
        env[name] = url(host, port, query)
    near = dict.fromkeys((*LOOPBACK, host))
    for name in ("NO_PROXY", "no_proxy"):
        env[name] = ",".join(filter(None, (env.get(name, ""), *near)))
    env.setdefault("PYTHONUNBUFFERED", "1")
    env[MARK] = mark
    return env | dict(also or {})


def inherited_environment() -> Mapping[str, str]:
    """The environment of this process without what pytest added for itself."""
    return {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
