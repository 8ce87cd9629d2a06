"""How long to wait, and for what.

A deadline is only ever reached by a worker that does not do what it should, so each is generous; it
grows with the worker's own speed as measured. ``--timeout-factor`` multiplies them all.
"""

from __future__ import annotations

from dataclasses import dataclass

APPEARANCE = 12.0
"""From start to the first frame. An engine buffers five seconds for an announcement; a worker on
a virtual machine may need several seconds of its own before that."""

PERSON = 24 * 3600.0
"""Until a worker connects that a person starts; they end the run when they lose patience."""

QUIET = 0.3
"""No registration for this long after the announcement: the set is complete. SDKs send theirs
within 100 ms; a worker that registers later is judged on what it registered later, too."""

REGISTERING = 30.0
"""For a set to become complete. One that still grows then never will be: the worker registers
things in an endless loop."""

UNANNOUNCED_QUIET = 1.5
"""The same if no announcement has come."""

ANNOUNCEMENT = 6.0
"""For the announcement of a worker that has sent something: the engine's grace of 5 s, and a
margin."""

REPLY = 6.0
"""For an answer that needs no work. SDKs answer within 50 ms on a slow machine; one that starts
many workers at a time has been seen to hold one up for three seconds."""

HANDLER = 10.0
"""For an answer of a function of unknown purpose."""

RECONNECT = 12.0
"""From a drop to the next connection. SDKs wait 0.7 to 2 s before the first try and up to 2.6 s
before the second."""

EXIT = 10.0
"""From a signal to the end of the process: what container runtimes grant by default. On a busy
machine it is twice that, no more: exporters of telemetry give up after 30 s by themselves."""

SOCKETS = 2.0
"""For the connections of a running worker to be as many as in its first run."""

SETTLE = 1.0
"""For the children of a worker that has ended to end as well."""

STRAY = 0.5
"""How long an answer that must not come is looked for, at least."""


@dataclass(frozen=True, slots=True)
class Pace:
    """Deadlines in seconds for a worker with this start-up and round trip, also in seconds."""

    factor: float = 1.0
    startup: float = 0.0
    round_trip: float = 0.0

    @property
    def appearance(self) -> float:
        """Until the worker sends its first message."""
        return self.factor * max(APPEARANCE, 5 * self.startup)

    @property
    def quiet(self) -> float:
        """Until a registration set counts as complete."""
        return self.factor * max(QUIET, 10 * self.round_trip)

    @property
    def registering(self) -> float:
        """Until a registration set is taken as complete although it still grows."""
        return self.factor * REGISTERING

    @property
    def unannounced_quiet(self) -> float:
        """Until a registration set counts as complete without an announcement."""
        return self.factor * UNANNOUNCED_QUIET

    @property
    def announcement(self) -> float:
        """Until a worker that has sent something has announced itself."""
        return self.factor * ANNOUNCEMENT

    @property
    def reply(self) -> float:
        """Until a worker gives an answer that needs no work."""
        return self.factor * max(REPLY, 50 * self.round_trip)

    @property
    def sockets(self) -> float:
        """Until a worker has opened its other connections, too."""
        return self.factor * SOCKETS

    @property
    def handler(self) -> float:
        """Until a function of unknown purpose answers."""
        return self.factor * max(HANDLER, 100 * self.round_trip)

    @property
    def reconnect(self) -> float:
        """Until a worker is back after a drop."""
        return self.factor * RECONNECT

    @property
    def exit(self) -> float:
        """Until a process ends after a signal."""
        return self.factor * EXIT

    @property
    def settle(self) -> float:
        """Until the children of an ended worker have ended."""
        return self.factor * SETTLE

    @property
    def stray(self) -> float:
        """For how long to look for an answer that must not come."""
        return max(STRAY, 20 * self.round_trip)
