"""The workers that are connected."""

from __future__ import annotations

from dataclasses import dataclass, field

from mock_engine.core.constants import DEFAULT
from mock_engine.core.grants import Grant
from mock_engine.messages import ProtocolMessage

FACTS = ("runtime", "version", "os", "pid", "isolation", "description")
"""What a worker may say of itself."""


@dataclass(slots=True)
class Peer:
    """A connected worker, from its first moment to its last.

    ``held`` are registrations that wait for the announcement; ``None`` when they need not wait
    any more. ``connected_at`` is in milliseconds since the epoch. ``internal`` is a module of the
    engine itself; ``provides_as`` is what its trigger types call it. ``grant`` is what a session on
    a guarded port may do, and ``paused`` what it sent while a hook decides. ``features`` are those
    of protocol 0.25 that it declared and the engine has, too.
    """

    number: int
    worker_id: str
    token: str
    address: str
    connected_at: int
    namespace: str = DEFAULT
    name: str | None = None
    held: list[ProtocolMessage] | None = field(default_factory=list)
    facts: dict[str, object] = field(default_factory=dict)
    names: set[tuple[str, str]] = field(default_factory=set)
    internal: bool = False
    provides_as: str | None = None
    grant: Grant | None = None
    paused: list[ProtocolMessage] | None = None
    features: frozenset[str] = frozenset()

    @property
    def announced(self) -> bool:
        """Whether registrations are filed at once."""
        return self.held is None


@dataclass(slots=True)
class PendingSession:
    """A session that waits for the auth function, and the messages that it sent meanwhile."""

    peer: Peer
    messages: list[ProtocolMessage] = field(default_factory=list)
