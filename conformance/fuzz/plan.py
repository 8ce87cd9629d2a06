"""The settings of a campaign."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Plan:
    """The bounds and the seed of a campaign.

    It lasts ``seconds``, or ``count`` invocations, of functions that match ``patterns``, with
    ``window`` of them in flight at a time. It also ends at ``stop_at`` suspicions, without
    investigating them, and after ``enough`` findings. ``exceptions`` is whether unexpected
    exceptions on valid data are findings; ``steered`` false turns off all learning, for comparison.
    """

    seed: int
    seconds: float | None = None
    count: int | None = None
    window: int = 64
    patterns: tuple[str, ...] = ()
    exceptions: bool = True
    steered: bool = True
    traffic: Mapping[str, tuple[Any, ...]] = field(default_factory=dict)
    stop_at: int | None = None
    enough: int = 40
