"""Schedules."""

from __future__ import annotations

import asyncio

import pytest

from mock_engine.testing import FunctionFailed
from tests.mock_engine.modules.client import client
from tests.mock_engine.modules.local import (
    bind,
    with_module,
)


def test_an_empty_expression_is_none() -> None:
    with with_module("iii-cron") as engine, pytest.raises(FunctionFailed) as failed:
        bind(engine, "cron", "a::b", {"expression": ""})

    assert "Cron expression is required" in str(failed.value)


def test_a_schedule_fires() -> None:
    async def test() -> None:
        async with client() as worker:
            await worker.bind("cron", {"expression": "* * * * * *"})

            fired = await worker.next_call()

            assert (fired["trigger"], fired["job_id"]) == ("cron", "t1")

    asyncio.run(test())
