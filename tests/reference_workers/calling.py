"""One call through an engine that runs in another process."""

from __future__ import annotations

import asyncio
from typing import Any

from reference_workers.system.calling import caller


def called(url: str, function_id: str, data: Any) -> Any:
    """The result of a function; raises the errors of the client's ``call``."""

    async def call() -> Any:
        async with caller(url, "test") as worker:
            return await worker.call(function_id, data, seconds=20)

    return asyncio.run(call())
