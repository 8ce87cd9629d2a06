"""The life of a worker's process: from its start to a signal."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import Callable
from contextlib import suppress

from reference_workers.client.settings import Settings
from reference_workers.client.worker import Worker

DRAIN = 8.0
"""Seconds that running handlers get after a signal; supervisors grant ten in all."""


def run(offer: Callable[[Worker], None], url: str | None = None) -> int:
    """Run a worker that ``offer`` fills, until SIGTERM or SIGINT, and return its exit code."""
    return asyncio.run(_run(offer, Settings.of(os.environ, url)))


async def _run(offer: Callable[[Worker], None], settings: Settings) -> int:
    worker = Worker(settings)
    offer(worker)
    asked = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, asked.set)
    serving = asyncio.ensure_future(worker.serve())
    _say(f"{settings.name} serves {settings.url}")
    waiting = asyncio.ensure_future(asked.wait())
    await asyncio.wait((serving, waiting), return_when=asyncio.FIRST_COMPLETED)
    waiting.cancel()
    refused = serving.done()
    await worker.stop(DRAIN)
    await serving
    return 1 if refused else 0


def _say(text: str) -> None:
    """Write a line, even if nobody holds the other end any more."""
    with suppress(OSError):
        print(text, file=sys.stderr, flush=True)
