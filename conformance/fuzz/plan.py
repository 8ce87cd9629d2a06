"""What a campaign is to do."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Plan:
    """The bounds and the seed of a campaign.

    It lasts ``seconds`` or ``count`` invocations of functions that match ``patterns``, ``window``
    of them in flight at a time; ``stop_at`` so many suspicions it ends, without looking into
    them, and after ``enough`` findings it ends, too.
    ``exceptions`` is whether unexpected exceptions on valid data are findings; ``steered`` false
    leaves out all that learns, for comparison.
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
