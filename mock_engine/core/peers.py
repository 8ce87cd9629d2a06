"""The workers that are connected."""

from __future__ import annotations

from dataclasses import dataclass, field

from mock_engine.core.constants import DEFAULT
from mock_engine.core.grants import Grant
from mock_engine.messages import ProtocolMessage

FACTS = ("runtime", "version", "os", "pid", "isolation", "description")
"""The facts that a worker may announce about itself."""


@dataclass(slots=True)
class Peer:
    """A connected worker, from the start of its connection to the end.

    ``held`` are registrations that wait for the announcement; ``None`` when registrations no longer
    wait. ``connected_at`` is in milliseconds since the epoch. ``internal`` marks a module of the
    engine itself; ``provides_as`` is the provider name that its trigger types show. ``grant`` is
    what a session on a guarded port may do, and ``paused`` holds its messages while a hook decides.
    ``features`` are the features of the protocol that both the worker and the engine have.
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
        """Whether registrations are processed at once."""
        return self.held is None


@dataclass(slots=True)
class PendingSession:
    """A session that waits for the auth function, and the messages that it sent meanwhile."""

    peer: Peer
    messages: list[ProtocolMessage] = field(default_factory=list)
