"""How long to wait for a worker's first message: as long as it shows signs of life. Pure.

A process that neither writes, nor computes, nor connects will not send anything, however busy the
machine is. A slow start shows one of these: a virtual machine computes, a compiler writes, a client
dials. Only that is a reason to wait longer than the engine itself would.
"""

from __future__ import annotations

from dataclasses import dataclass

RECENT = 4.0
"""Seconds for which a sign of life counts. SDKs dial again within 2.6 s."""

COMPUTES = 0.25
"""The share of a CPU core that a process uses while it starts up."""

LONGER = 3.0
"""How much longer a worker may take that computes all the time, as a factor."""


@dataclass(frozen=True, slots=True)
class Signs:
    """What a process did in ``at`` seconds since its start.

    ``written`` is bytes of output, ``connections`` counts those that it opened, and ``computed`` is
    CPU time in seconds, or ``None`` if it cannot be measured from here: then it may be computing.
    """

    at: float
    written: int = 0
    connections: int = 0
    computed: float | None = 0.0


class Vitality:
    """Decides whether to wait on, by what is observed from time to time."""

    def __init__(self, within: float) -> None:
        self._within = within
        self._last = Signs(0.0)
        self._alive = 0.0
        self._share = 0.0

    def awaits(self, signs: Signs, load: float) -> bool:
        """Whether the worker may still send something, on a machine that is busy by this factor."""
        before, self._last = self._last, signs
        if (signs.written, signs.connections) != (before.written, before.connections):
            self._alive = signs.at
        if signs.computed is None or before.computed is None:
            self._alive, self._share = signs.at, 0.0
        elif signs.at > before.at:
            computed = signs.computed - before.computed
            self._alive = signs.at if computed > 0 else self._alive
            self._share = computed / (signs.at - before.at)
        patience = self._within
        if signs.at - self._alive <= RECENT:
            patience *= load
        if self._share * load >= COMPUTES:
            patience *= LONGER
        return signs.at < patience
