"""In-process services on an engine with all modules, called as any worker calls them."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from jsonschema import Draft202012Validator

from mock_engine.testing import FunctionFailed, LocalEngine
from reference_workers.client import Worker
from reference_workers.client.settings import Settings

MODULES = ("iii-http", "iii-state", "iii-queue", "iii-pubsub", "iii-cron", "iii-stream")
ANNOUNCING = "engine::workers::register"
WITHIN = 30.0

Offer = Callable[[Worker], None]


class Services:
    """An engine, and calls to its functions."""

    def __init__(self, engine: LocalEngine) -> None:
        self.engine = engine

    def call(self, function_id: str, data: Any = None, **fields: Any) -> Any:
        """The result of a function; checked against the format that the function declares."""
        result = self.engine.invoke(function_id, fields if data is None else data, within=WITHIN)
        info = self.engine.invoke("engine::functions::info", {"function_id": function_id})
        if "response_schema" in info:
            faults = Draft202012Validator(info["response_schema"]).iter_errors(result)
            assert [fault.message for fault in faults] == []
        return result

    def refusal(self, function_id: str, data: Any = None, **fields: Any) -> tuple[str, str]:
        """The code and message of the error with which a function refuses its data."""
        try:
            result = self.engine.invoke(
                function_id, fields if data is None else data, within=WITHIN
            )
        except FunctionFailed as fault:
            return fault.code, fault.message
        raise AssertionError(f"{function_id} gave {result} instead of an error")


@contextmanager
def services(*offers: Offer, engine: LocalEngine | None = None) -> Iterator[Services]:
    """Workers that ``offers`` set up, on a new engine or on a given one."""
    with engine or LocalEngine({"workers": [{"name": name} for name in MODULES]}) as running:
        loop = asyncio.new_event_loop()
        thread = threading.Thread(target=loop.run_forever)
        thread.start()
        begun = asyncio.run_coroutine_threadsafe(_start(running.url, offers), loop)
        try:
            for _ in offers:  # the announcement is sent last
                running.expect("invokefunction", function_id=ANNOUNCING, within=WITHIN)
            yield Services(running)
        finally:
            workers = begun.result(WITHIN)
            asyncio.run_coroutine_threadsafe(_stop(workers), loop).result(WITHIN)
            loop.call_soon_threadsafe(loop.stop)
            thread.join()
            loop.close()


async def _start(url: str, offers: tuple[Offer, ...]) -> list[tuple[Worker, asyncio.Task[None]]]:
    started = []
    for number, offer in enumerate(offers):
        worker = Worker(Settings(url, f"tested-{number}"))
        offer(worker)
        started.append((worker, asyncio.ensure_future(worker.serve())))
    return started


async def _stop(workers: list[tuple[Worker, asyncio.Task[None]]]) -> None:
    for worker, serving in reversed(workers):
        await worker.stop()
        serving.cancel()
        await asyncio.gather(serving, return_exceptions=True)
