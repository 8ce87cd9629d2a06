"""What engines of some releases do, and others do not."""

from __future__ import annotations

from collections.abc import Mapping

from mock_engine.versions.ranges import VersionRange

QUEUE_SERVES_ENQUEUE = "queue-serves-enqueue"
"""``iii-queue`` with ``queue_configs`` is what the action ``enqueue`` goes to.

From 0.23 on the action needs a worker that registers ``engine::queue::enqueue``.
"""

BEHAVIOURS: Mapping[str, VersionRange] = {
    QUEUE_SERVES_ENQUEUE: VersionRange(until="0.22"),
}
"""The releases that behave so, by the name of the behaviour."""
