"""Functions that keep a whole worker from answering, found while it is learned about."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Awaitable, Callable
from typing import Any

from websockets.frames import Opcode

from conformance.trials.harness import Harness
from conformance.trials.learning.learner import Reply
from conformance.trials.pings import pongs
from mock_engine.transcript import FrameSeen
from mock_engine.wire import Frame

AT_ONCE = 0.5
"""Seconds within which a worker answers a ping, whatever its handlers do."""

PATIENCE = 8.0
"""Seconds in which a worker that was held up is to answer again."""


class Stalls:
    """Tells a slow function from one that keeps all others from running.

    ``found`` are the functions that do, or may, each with the data; ``lost`` counts the seconds
    spent.
    """

    def __init__(self, harness: Harness) -> None:
        self._harness = harness
        self._numbers = itertools.count()
        self._alone = asyncio.Lock()
        self._pings = True
        self.found: list[tuple[str, Any]] = []
        self.lost = 0.0

    async def look(
        self,
        function_id: str,
        data: Any,
        reply: Reply,
        again: Callable[[], Awaitable[Reply | None]],
    ) -> Reply | None:
        """The reply of a function that was silent, or that of ``again`` if it was held up."""
        began = self._harness.transcript.now()
        if not self._pings or await self._ponged(AT_ONCE):
            return reply
        async with self._alone:
            second: Reply | None = reply
            if await self._ponged(PATIENCE):
                second = await again()
                if second is not None and second.silent and not await self._ponged(AT_ONCE):
                    self.found.append((function_id, data))
                    await self._ponged(PATIENCE)
            else:
                self._pings = False  # it answers none: see RDY-002
        self.lost += self._harness.transcript.now() - began
        return second

    def suspect(self, function_id: str, data: Any) -> None:
        """Take note of a function that was slow, though not for as long as is waited."""
        if all(name != function_id for name, _ in self.found):
            self.found.append((function_id, data))

    async def _ponged(self, within: float) -> bool:
        """Whether a ping is answered in time."""
        harness = self._harness
        if not harness.workers:
            return False
        number, payload = harness.workers[0], f"learning {next(self._numbers)}".encode()
        harness.connection(number).send_frame(Frame(Opcode.PING, payload))

        def over() -> bool:
            ponged = pongs(harness.transcript.of(FrameSeen, number), number, payload)
            return bool(ponged) or not harness.worker.running

        return await harness.until(over, within, patient=within > AT_ONCE)
