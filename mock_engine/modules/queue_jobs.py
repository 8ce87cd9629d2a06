"""The jobs of queues, and how often and how fast they are retried."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from mock_engine.ids import new_id
from mock_engine.inputs import is_u64
from mock_engine.modules.base import Bound
from mock_engine.modules.host import Trace

BUILTIN_QUEUE = "default"
"""The queue that always exists, whether the configuration names it or not."""

ATTEMPTS, BACKOFF_MS, CONCURRENCY = 3, 1000, 10
MOST_DOUBLINGS = 62
"""The most doublings of a backoff, which is centuries by then; more would overflow the number."""


@dataclass(slots=True)
class Job:
    """A message in a queue; ``attempts`` is how often it was tried so far.

    ``queued_at`` is in nanoseconds since the epoch and gives the order in the queue; ``failed_at``
    is in seconds, and 0 for a job that is not a dead letter. A job in a named queue names its
    function.
    """

    data: Any
    trace: Trace
    id: str = field(default_factory=new_id)
    attempts: int = 0
    error: str = ""
    failed_at: int = 0
    queued_at: int = field(default_factory=time.time_ns)
    function_id: str = ""
    namespace: str | None = None


@dataclass(slots=True)
class Queue:
    """The messages for one function of one topic; ``shelf`` is their group in the store.

    ``named`` are the settings of a queue that the configuration names and that needs no binding.
    """

    topic: str
    shelf: str
    named: Mapping[str, Any] | None = None
    bindings: dict[str, Bound] = field(default_factory=dict)
    waiting: deque[Job] = field(default_factory=deque)
    running: int = 0
    dead: list[Job] = field(default_factory=list)

    @property
    def bound(self) -> Bound | None:
        """The first binding, which is the one that is served; ``None`` without a binding."""
        return next(iter(self.bindings.values()), None)

    @property
    def served(self) -> bool:
        """Whether there is a consumer for the messages."""
        return self.named is not None or bool(self.bindings)

    def setting(self, name: str) -> Any:
        """A value of the queue's settings, or of the binding's ``queue_config``."""
        if self.named is not None:
            return self.named.get(name)
        bound = self.bound
        config = None if bound is None else bound.setting("queue_config")
        return config.get(name) if isinstance(config, dict) else None

    def count(self, name: str) -> int | None:
        """A setting that is a whole number; any other value counts as absent."""
        value = self.setting(name)
        return value if is_u64(value) is None else None

    @property
    def most_attempts(self) -> int:
        """How often a message is tried at most."""
        if self.named is not None:
            return max(1, self.count("max_retries") or ATTEMPTS)
        retries = self.count("maxRetries")
        return ATTEMPTS if retries is None else retries + 1

    @property
    def places(self) -> int:
        """How many messages are handled at the same time."""
        if self.setting("type") == "fifo":
            return 1
        return self.count("concurrency") or CONCURRENCY

    def pause(self, attempts: int) -> float:
        """Seconds before the next attempt."""
        first = self.count("backoffDelayMs" if self.named is None else "backoff_ms")
        doubled = 2.0 ** min(attempts - 1, MOST_DOUBLINGS)
        return (BACKOFF_MS if first is None else first) * doubled / 1000
