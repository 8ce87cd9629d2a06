"""Publish and subscribe."""

from __future__ import annotations

import asyncio

from tests.mock_engine.modules.client import client


def test_published_messages_reach_their_subscribers() -> None:
    async def test() -> None:
        async with client() as worker:
            await worker.bind("subscribe", {"topic": "news"})

            await worker.call("publish", {"topic": "other", "data": 1})
            await worker.call("publish", {"topic": "news", "data": {"n": 2}})

            assert await worker.next_call() == {"n": 2}

    asyncio.run(test())
