"""The workers of the agent system, in the order in which they are started."""

from __future__ import annotations

import difflib
from collections.abc import Sequence

ROSTER = (
    *("embedding", "security", "memory", "llm_router", "tools", "sandbox", "knowledge_graph"),
    *("mission", "realm", "agent_core", "session_replay", "swarm", "api"),
)
"""Workers that others call come first; they are stopped last."""

ENGINE = "engine"
"""The name of the engine's process, beside those of the workers."""


class UnknownWorker(ValueError):  # noqa: N818 - it says what is wrong
    """There is no worker with that name; the text lists the known names."""


def chosen(names: Sequence[str]) -> list[str]:
    """The workers with these names, or all, in the order of the roster.

    Raises:
        UnknownWorker: a name is unknown.
    """
    for name in names:
        known_name(name)
    return [name for name in ROSTER if not names or name in names]


def known_name(name: str, *others: str) -> str:
    """Check that a name is a worker's or one of the ``others``, and return it.

    Raises:
        UnknownWorker: the name is unknown.
    """
    known = [*ROSTER, *others]
    if name in known:
        return name
    (near, *_) = (*difflib.get_close_matches(name, known, 1), None)
    hint = f"did you mean `{near}`? " if near else ""
    raise UnknownWorker(f"no worker `{name}`; {hint}there are {', '.join(known)}")
