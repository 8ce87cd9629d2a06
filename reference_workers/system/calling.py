"""A worker without functions, which calls others for as long as it is needed."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from reference_workers.client import Worker
from reference_workers.client.settings import Settings


@asynccontextmanager
async def caller(url: str, name: str) -> AsyncIterator[Worker]:
    """A connected worker whose name begins with ``name``."""
    worker = Worker(Settings(url, f"{name}:{os.getpid()}"))
    serving = asyncio.ensure_future(worker.serve())
    try:
        yield worker
    finally:
        await worker.stop()
        serving.cancel()
        await asyncio.gather(serving, return_exceptions=True)
