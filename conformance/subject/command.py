"""The command line of a worker, and the environment it is started in."""

from __future__ import annotations

import os
import shlex
from collections.abc import Mapping
from dataclasses import dataclass

from conformance.errors import UsageError

ADDRESS_VARIABLES = ("III_URL", "III_ENGINE_URL", "III_WS_URL")
"""Where workers look for the engine's address; each generation of SDKs has its own name."""

LOOPBACK = ("127.0.0.1", "localhost", "::1")
MARK = "III_CONFORMANCE_SUBJECT"
"""The variable that marks a worker and everything it starts, so that orphans are found."""


@dataclass(frozen=True, slots=True)
class Command:
    """A worker's command, with ``{url}``, ``{host}`` and ``{port}`` still in it."""

    words: tuple[str, ...]
    text: str

    @classmethod
    def parse(cls, text: str) -> Command:
        """Split a command line as a POSIX shell does, without running one.

        Raises:
            UsageError: the line is empty or its quotes are not closed.
        """
        try:
            words = shlex.split(text)
        except ValueError as fault:
            raise UsageError(f"--worker-cmd cannot be split into words ({fault}): {text}") from None
        if not words:
            raise UsageError(
                "--worker-cmd is empty; give the command that starts your worker, "
                'for example --worker-cmd="python my_worker.py"'
            )
        return cls(tuple(words), text)

    def at(self, host: str, port: int) -> list[str]:
        """The words to execute when the engine listens on ``host`` and ``port``."""
        places = {"{url}": url(host, port), "{host}": host, "{port}": str(port)}
        words = list(self.words)
        for name, value in places.items():
            words = [word.replace(name, value) for word in words]
        return words


def url(host: str, port: int) -> str:
    """The WebSocket address of an engine."""
    return f"ws://{host}:{port}"


def environment(
    inherited: Mapping[str, str],
    host: str,
    port: int,
    mark: str,
    extra: tuple[str, ...] = (),
    also: Mapping[str, str] | None = None,
) -> dict[str, str]:
    """The environment of a worker: the inherited one, the engine's address, and a mark.

    ``extra`` names further variables that get the address, ``also`` holds any others. Loopback
    is taken out of any proxy: WebSocket clients obey ``HTTP_PROXY`` even there.
    """
    env = dict(inherited)
    for name in (*ADDRESS_VARIABLES, *extra):
        env[name] = url(host, port)
    for name in ("NO_PROXY", "no_proxy"):
        env[name] = ",".join(filter(None, (env.get(name, ""), *LOOPBACK)))
    env.setdefault("PYTHONUNBUFFERED", "1")
    env[MARK] = mark
    return env | dict(also or {})


def inherited_environment() -> Mapping[str, str]:
    """The environment of this process without what pytest put there for itself."""
    return {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
