"""Names that changed from one generation of engines and SDKs to the next.

Workers of every generation find what they use: an older name stands for the newer one wherever
nobody has registered the older name. Older names are in no list, as in an engine of today.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Renamed:
    """A name that engines knew ``until`` a version, and what replaced it."""

    older: str
    newer: str
    until: str


FUNCTIONS: tuple[Renamed, ...] = (
    Renamed("enqueue", "iii::durable::publish", "0.10"),
    Renamed("iii::pubsub::publish", "publish", "0.10"),
    Renamed("iii::queue::publish", "iii::durable::publish", "0.10"),
    Renamed("engine::trigger-types::list", "engine::triggers::list", "0.15"),
)
TRIGGER_TYPES: tuple[Renamed, ...] = (Renamed("queue", "durable:subscriber", "0.10"),)

NEWER_FUNCTION: Mapping[str, str] = {name.older: name.newer for name in FUNCTIONS}
NEWER_TYPE: Mapping[str, str] = {name.older: name.newer for name in TRIGGER_TYPES}
