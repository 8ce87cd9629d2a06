"""The workers that are connected."""

from __future__ import annotations

from dataclasses import dataclass, field

from mock_engine.messages import Message

DEFAULT = "default"
"""The namespace of workers that name none."""

ENGINE = 0
"""The number of the engine itself, as the owner of what every engine has."""


@dataclass(slots=True)
class Peer:
    """A connected worker, from its first moment to its last.

    ``held`` are registrations that wait for the announcement; ``None`` when they need not wait
    any more. ``connected_at`` is in milliseconds since the epoch. ``internal`` is a module of the
    engine itself; ``provides_as`` is what its trigger types call it.
    """

    number: int
    worker_id: str
    token: str
    address: str
    connected_at: int
    namespace: str = DEFAULT
    name: str | None = None
    held: list[Message] | None = field(default_factory=list)
    facts: dict[str, object] = field(default_factory=dict)
    names: set[tuple[str, str]] = field(default_factory=set)
    internal: bool = False
    provides_as: str | None = None

    @property
    def announced(self) -> bool:
        """Whether registrations are filed at once."""
        return self.held is None
