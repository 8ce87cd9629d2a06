"""The main function of a worker's process: from its start to a signal."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import Callable
from contextlib import suppress

from reference_workers.client.log import say
from reference_workers.client.settings import Settings, SettingsError
from reference_workers.client.worker import Worker


def run(offer: Callable[[Worker], None]) -> int:
    """Run a worker that ``offer`` sets up, until SIGTERM or SIGINT.

    The first argument of the command, if there is one, is the engine's address.

    Returns:
        The exit code: 0 after a signal, 1 if the engine refused the worker, 2 for a bad address.
    """
    try:
        settings = Settings.of(os.environ, *sys.argv[1:2])
    except SettingsError as fault:
        say(str(fault))
        return 2
    return asyncio.run(_run(offer, settings))


async def _run(offer: Callable[[Worker], None], settings: Settings) -> int:
    asked = asyncio.Event()
    _on_signals(asked)
    worker = Worker(settings)
    offer(worker)
    serving = asyncio.ensure_future(worker.serve())
    waiting = asyncio.ensure_future(asked.wait())
    await asyncio.wait((serving, waiting), return_when=asyncio.FIRST_COMPLETED)
    refused = serving.done()
    waiting.cancel()
    await worker.stop()
    # It may be connecting at this moment; there is no need to wait for that.
    serving.cancel()
    with suppress(asyncio.CancelledError):
        await serving
    return 1 if refused else 0


def _on_signals(asked: asyncio.Event) -> None:
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        try:
            loop.add_signal_handler(number, asked.set)
        except NotImplementedError:  # Windows
            signal.signal(number, lambda *_: loop.call_soon_threadsafe(asked.set))
