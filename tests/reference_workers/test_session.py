"""One connection, with a socket that shows what is sent and when."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from reference_workers.client import session as sessions
from reference_workers.client.calls import Calls
from reference_workers.client.session import Session
from tests.reference_workers.recording import asynchronous


class Socket:
    """Accepts messages while it is unblocked, and receives what a test supplies."""

    def __init__(self) -> None:
        self.sent: list[Any] = []
        self.open = asyncio.Event()
        self.inbox: asyncio.Queue[str | None] = asyncio.Queue()

    async def send(self, what: Any) -> None:
        await self.open.wait()
        self.sent.append(what)

    async def close(self) -> None:
        self.inbox.put_nowait(None)

    def __aiter__(self) -> Socket:
        return self

    async def __anext__(self) -> str:
        received = await self.inbox.get()
        if received is None:
            raise StopAsyncIteration
        return received


@asynchronous
async def test_large_messages_leave_in_fragments(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sessions, "FRAGMENTED_ABOVE", 10)
    monkeypatch.setattr(sessions, "FRAGMENT", 4)
    socket: Any = Socket()
    socket.open.set()
    session = Session(socket, ["0123456789", "0123456789ü"])
    serving = asyncio.ensure_future(session.serve(lambda *_: None))
    await session.close(5)
    await serving

    assert socket.sent == ["0123456789", ["0123", "4567", "89ü"]]


@asynchronous
async def test_it_is_settled_once_greeted_and_opened() -> None:
    greeted = asyncio.Event()
    socket: Any = Socket()
    session = Session(socket, ["opening"])
    serving = asyncio.ensure_future(session.serve(lambda *_: greeted.set()))
    socket.inbox.put_nowait('{"type":"workerregistered","worker_id":"w"}')
    await greeted.wait()
    before = session.settled
    socket.open.set()
    await session.close(5)
    await serving

    assert (before, session.settled) == (False, True)


@asynchronous
async def test_opening_without_a_greeting_settles_nothing() -> None:
    socket: Any = Socket()
    socket.open.set()
    session = Session(socket, ["opening"])
    serving = asyncio.ensure_future(session.serve(lambda *_: None))
    await session.close(5)
    await serving

    assert socket.sent == ["opening"]
    assert not session.settled


@asynchronous
async def test_a_close_does_not_wait_for_ever_for_what_cannot_be_sent() -> None:
    socket: Any = Socket()
    session = Session(socket, ["opening"])
    serving = asyncio.ensure_future(session.serve(lambda *_: None))
    await session.close(0.01)
    await serving

    assert socket.sent == []


@asynchronous
async def test_the_first_of_two_answers_counts() -> None:
    calls = Calls()
    waiting = asyncio.ensure_future(calls.wait("1", 5))
    await asyncio.sleep(0)
    calls.answer({"invocation_id": "1", "result": "first"})
    calls.answer({"invocation_id": "1", "result": "second"})

    assert await waiting == "first"
