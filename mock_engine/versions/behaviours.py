"""Behaviours that only some releases of the engine have."""

from __future__ import annotations

from collections.abc import Mapping

from mock_engine.versions.ranges import VersionRange

QUEUE_SERVES_ENQUEUE = "queue-serves-enqueue"
"""The action ``enqueue`` puts calls into the ``queue_configs`` of ``iii-queue``.

From 0.23 on the action needs a worker that registers ``engine::queue::enqueue``.
"""

BEHAVIOURS: Mapping[str, VersionRange] = {
    QUEUE_SERVES_ENQUEUE: VersionRange(until="0.22"),
}
"""The releases that have each behaviour, by its name."""
