"""The registry of unusual workers."""

from __future__ import annotations

from tests.mutants.worker import Worker

UNUSUAL: dict[str, type[Worker]] = {}


def unusual(worker: type[Worker]) -> type[Worker]:
    """Register a worker under the name of its class."""
    UNUSUAL[worker.__name__] = worker
    return worker
