"""Faults of a schedule, over real sockets."""

from __future__ import annotations

import asyncio
import contextlib
import json
import socket
import sys
from typing import Any

import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake, InvalidStatus
from websockets.frames import Opcode

from mock_engine.faults import (
    Close,
    Delay,
    Duplicate,
    End,
    HalfOpen,
    Inject,
    Malform,
    Open,
    Received,
    Refuse,
    Reject,
    Reset,
    Rule,
    Sent,
    SlowReads,
    Span,
    Split,
    Stall,
    Swallow,
    rule,
)
from mock_engine.faults.schedule import Accept, After
from mock_engine.transcript import Direction, Ended, Ending, FaultInjected, FrameSeen, Message
from mock_engine.wire import Frame
from mock_engine.wire.malformed import fragments, malformed
from tests.mock_engine.wire.test_connection import Scene, run, scene

UPGRADE = (
    b"GET / HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
    b"Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Version: 13\r\n\r\n"
)


@pytest.mark.parametrize("fault", [Reset(), End()])
@pytest.mark.parametrize("when", [Accept(), Open()])
def test_a_connection_ends(fault: Any, when: Any) -> None:
    @run
    async def test() -> None:
        async with scene() as s:
            s.listener.play((Rule(fault, when),))
            with pytest.raises((InvalidHandshake, OSError, ConnectionClosed)):
                async with s.client() as client:
                    await client.recv()
            assert (await s.ended()).ending is Ending.BY_ENGINE
            assert [t.fault for t in s.transcript.of(FaultInjected)] == [fault.name]
            assert s.app.lost == 0  # the application never had it

    test()


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux holds bytes back")
@run
async def test_an_end_at_open_comes_with_the_answer() -> None:
    async with scene() as s:
        s.listener.play((Rule(End(), Open()),))
        loop = asyncio.get_running_loop()
        with socket.create_connection(("127.0.0.1", s.listener.port)) as peer:
            peer.setblocking(False)
            await loop.sock_sendall(peer, UPGRADE)
            head = await loop.sock_recv(peer, 4096)

            assert head.startswith(b"HTTP/1.1 101 ")
            assert peer.recv(4096) == b""  # and does not block


@run
async def test_an_upgrade_is_rejected_and_the_next_one_is_not() -> None:
    async with scene() as s:
        s.listener.play((rule(Reject(502), connection=Span.only(1)),))
        with pytest.raises(InvalidStatus) as rejected:
            await s.client()
        assert rejected.value.response.status_code == 502
        async with s.client() as client:
            await client.send("x")
            assert await client.recv() == "x"


@pytest.mark.parametrize("when", [Accept(), None])
def test_a_stalled_connection_is_never_answered(when: Any) -> None:
    @run
    async def test() -> None:
        async with scene() as s:
            s.listener.play((rule(Stall(), when),))
            with pytest.raises(TimeoutError):
                await connect(f"ws://127.0.0.1:{s.listener.port}", open_timeout=0.2)

    test()


@run
async def test_a_refused_port_is_kept_and_opened_again() -> None:
    async with scene() as s, s.client() as old:
        port = s.listener.port
        s.listener.play((rule(Refuse()),))
        with pytest.raises(OSError, match=r"Connect|refused"):
            await s.client()
        await old.send("still here")
        assert await old.recv() == "still here"
        s.listener.play(())
        await asyncio.sleep(0)
        async with s.client():
            assert s.listener.port == port


@run
async def test_a_port_that_is_refused_once_more_stays_refused() -> None:
    async with scene() as s:
        s.listener.play((rule(Refuse()),))
        s.listener.play((rule(Refuse()),))
        await asyncio.sleep(0)  # the turn in which a port reopens
        with pytest.raises(OSError, match=r"Connect|refused"):
            await s.client()


async def patient(s: Scene) -> Any:
    while True:
        with contextlib.suppress(OSError):
            return await s.client()


@run
async def test_a_refusal_may_last_for_a_time() -> None:
    async with scene() as s:
        s.listener.play((rule(Refuse(), lasts=0.01),))
        with pytest.raises(OSError, match=r"Connect|refused"):
            await s.client()
        async with await patient(s) as client:
            await client.send("x")
            assert await client.recv() == "x"


@run
async def test_a_close_frame_carries_its_code() -> None:
    async with scene() as s, s.client() as client:
        s.listener.play((rule(Close(1012, "later")),))
        with pytest.raises(ConnectionClosed) as closed:
            await client.recv()
        assert closed.value.rcvd is not None
        assert (closed.value.rcvd.code, closed.value.rcvd.reason) == (1012, "later")


@run
async def test_a_connection_ends_before_a_message_is_handled() -> None:
    async with scene() as s, s.client() as client:
        s.listener.play((Rule(Reset(), Received(Span.only(2), "b")),))
        for kind in ("b", "a", "b"):
            await client.send(json.dumps({"type": kind}))
        got = []
        with pytest.raises(ConnectionClosed):
            while True:
                got.append(json.loads(await client.recv())["type"])
        assert "b" not in got[1:]


@run
async def test_a_connection_ends_after_a_message_was_sent() -> None:
    async with scene() as s, s.client() as client:
        s.listener.play((Rule(End(), Sent(Span.only(2))),))
        await client.send("1")
        await client.send("2")
        await client.send("3")

        assert [await client.recv(), await client.recv()] == ["1", "2"]
        with pytest.raises(ConnectionClosed):
            await client.recv()


@run
async def test_a_dead_line_comes_back_in_order() -> None:
    async with scene() as s, s.client() as client:
        s.listener.play((Rule(HalfOpen(), Sent(Span.only(1))),))
        await client.send("1")
        assert await client.recv() == "1"
        s.app.connection.send_text(b"held")
        s.app.connection.send_frame(ping())
        await client.send("2")
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(client.recv(), 0.05)
        s.listener.play(())

        assert [await client.recv(), await client.recv()] == ["held", "2"]


def ping() -> Any:
    return Frame(Opcode.PING, b"held, too")


@run
async def test_a_dead_line_may_last_for_a_time() -> None:
    async with scene() as s, s.client() as client:
        s.listener.play((rule(HalfOpen(), lasts=0.01),))
        await client.send("1")
        assert await client.recv() == "1"


@run
async def test_what_a_dead_line_holds_is_bounded() -> None:
    async with scene(unsent=1000) as s, s.client():
        s.app.connection.inject(HalfOpen())
        for _ in range(11):
            s.app.connection.send_text(b"x" * 100)
        assert (await s.ended()).detail == "the peer does not read"


@run
async def test_slow_reads_pause_between_chunks() -> None:
    async with scene() as s, s.client() as client:
        s.listener.play((rule(SlowReads(100), lasts=0.05),))
        await client.send("x" * 20)
        await client.send("late")
        assert await client.recv() == "x" * 20
        assert await client.recv() == "late"


@run
async def test_a_delayed_message_holds_up_what_follows() -> None:
    async with scene() as s, s.client() as client:
        s.listener.play((Rule(Delay(0.02), Sent(Span.only(1))),))
        await client.send("1")
        await client.send("2")

        assert [await client.recv(), await client.recv()] == ["1", "2"]


@run
async def test_messages_are_split_duplicated_and_swallowed() -> None:
    schedule = (
        Rule(Split(2), Sent(Span.only(1))),
        Rule(Duplicate(3), Sent(Span.only(2))),
        Rule(Swallow(), Sent(Span.only(3))),
    )
    async with scene() as s, s.client() as client:
        s.listener.play(schedule)
        for text in ("first", "2", "3", "4"):
            await client.send(text)

        assert [await client.recv() for _ in range(5)] == ["first", "2", "2", "2", "4"]
        sent = [f for f in s.transcript.of(FrameSeen) if f.direction is Direction.FROM_ENGINE]
        assert [f.data for f in sent][:3] == [b"fi", b"rs", b"t"]
        told = [m.data for m in s.transcript.of(Message) if m.direction is Direction.FROM_ENGINE]
        assert told == [b"first", b"2", b"2", b"2", b"4"]


@run
async def test_a_message_is_injected_at_a_time() -> None:
    async with scene() as s:
        s.listener.play(
            (Rule(Inject("text"), After(0.01)), Rule(Inject(hex="00ff"), After(0.01))),
        )
        async with s.client() as client:
            assert [await client.recv(), await client.recv()] == ["text", b"\x00\xff"]


@run
async def test_a_message_is_not_injected_before_the_upgrade_is_answered() -> None:
    async with scene() as s:
        s.listener.play((Rule(Inject("text"), After(0.01)),))
        reader, writer = await asyncio.open_connection("127.0.0.1", s.listener.port)
        await asyncio.sleep(0.05)
        writer.write(UPGRADE)
        head = await reader.readuntil(b"\r\n\r\n")
        frame = await reader.readexactly(6)
        writer.close()

    assert head.startswith(b"HTTP/1.1 101 ")
    assert frame == b"\x81\x04text"


@run
async def test_a_connection_suffers_a_fault_without_a_schedule() -> None:
    async with scene() as s, s.client() as client:
        s.app.connection.inject(Close())
        with pytest.raises(ConnectionClosed) as closed:
            await client.recv()
        assert closed.value.rcvd is not None


@pytest.mark.parametrize(
    "defect", ["not-utf8", "reserved-bit", "reserved-opcode", "masked", "long-ping", "unfinished"]
)
def test_a_malformed_frame_is_one_to_a_strict_reader(defect: Any) -> None:
    @run
    async def test() -> None:
        async with scene() as s, s.client() as client:
            s.listener.play((rule(Malform(defect)),))
            await client.send('{"type": "ping"}')
            with pytest.raises(ConnectionClosed):
                await client.recv()
            assert client.protocol.close_exc.sent is not None
            assert client.protocol.close_exc.sent.code in (1002, 1007)

    test()


@run
async def test_a_message_may_be_no_json() -> None:
    async with scene() as s, s.client() as client:
        s.listener.play((rule(Malform()),))
        await client.send('{"type": "ping"}')
        with pytest.raises(ValueError, match=r"Unterminated|Expecting"):
            json.loads(await client.recv())


@run
async def test_a_schedule_replaced_acts_no_more() -> None:
    async with scene() as s, s.client() as client:
        s.listener.play((Rule(Reset(), Received()), Rule(Reset(), After(0.01))))
        s.listener.play(())
        await client.send("1")
        assert await client.recv() == "1"
        assert not list(s.transcript.of(Ended))


def test_fragments_and_defects_are_made_from_good_frames() -> None:
    empty = Frame(Opcode.TEXT, b"")
    assert [part.fin for part in fragments(empty, 5)] == [True]
    assert malformed(empty, "masked")[1] & 0x80
