"""Hostile input: the engine's memory stays bounded, and it keeps serving everybody else."""

from __future__ import annotations

import asyncio
import contextlib
import json
import random
from collections.abc import Coroutine, Iterator
from typing import Any

import psutil
import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake

from tests.mock_engine.fortress import (
    BINARY,
    CLOSE,
    CONT,
    FINAL,
    MIB,
    PING,
    TEXT,
    Fortress,
    Raw,
    fortress,
    frame,
    invocation,
    is_alive,
    raw,
    served,
    tcp,
)

GROWTH = 96 * MIB
"""The most memory that the engine may add: one message of the largest size, in a few copies."""


@pytest.fixture(scope="module")
def fort() -> Iterator[Fortress]:
    with fortress() as engine:
        yield engine


def besiege(fort: Fortress, attack: Coroutine[Any, Any, None], *, growth: int = GROWTH) -> None:
    """Attack an engine while it serves a caller, and check its memory and its service."""

    async def siege() -> None:
        async with served(fort.port) as call:
            assert await call(1) == {"body": 1}
            before = fort.memory
            attacking = asyncio.ensure_future(attack)
            while not attacking.done():
                assert await call(2) == {"body": 2}
            await attacking
            assert fort.memory - before < growth
            assert await call(3) == {"body": 3}

    asyncio.run(asyncio.wait_for(siege(), 60))


@pytest.mark.parametrize(
    "broken",
    [
        pytest.param(frame(FINAL | TEXT, size=16 * MIB + 1), id="large frame"),
        pytest.param(frame(FINAL | BINARY, size=1 << 62), id="huge frame"),
        pytest.param(frame(FINAL | BINARY, size=(1 << 64) - 1), id="frame of negative size"),
        pytest.param(frame(FINAL | 0x40 | BINARY, b"\xed\xc1" * 60), id="compressed"),
        pytest.param(frame(FINAL | 0x20 | TEXT, b"{}"), id="second reserved bit"),
        pytest.param(frame(FINAL | 0x10 | TEXT, b"{}"), id="third reserved bit"),
        pytest.param(frame(FINAL | 0x3, b"{}"), id="unknown opcode"),
        pytest.param(frame(FINAL | 0xB, b"{}"), id="unknown control opcode"),
        pytest.param(frame(FINAL | TEXT, b"{}", masked=False), id="not masked"),
        pytest.param(frame(FINAL | PING, b"x" * 126), id="long ping"),
        pytest.param(frame(FINAL | CLOSE, size=1 << 20), id="long close"),
        pytest.param(frame(PING, b"x"), id="fragmented ping"),
        pytest.param(frame(FINAL | CONT, b"x"), id="nothing to continue"),
        pytest.param(frame(TEXT, b"a") + frame(FINAL | TEXT, b"b"), id="unfinished"),
        pytest.param(frame(FINAL | TEXT, b"\xc3\x28"), id="text that is not UTF-8"),
        pytest.param(
            frame(TEXT, b"\xf0\x9f") + frame(FINAL | CONT, b"x"), id="fragments that are not UTF-8"
        ),
        pytest.param(frame(FINAL | CLOSE, b"\x03\xe8\xff\xfe"), id="reason that is not UTF-8"),
        pytest.param(frame(FINAL | CLOSE, b"\x03"), id="half a close code"),
        pytest.param(frame(FINAL | CLOSE, b"\x00\x00"), id="close code 0"),
    ],
)
def test_a_broken_frame_ends_its_connection_and_no_other(fort: Fortress, broken: bytes) -> None:
    async def attack() -> None:
        async with raw(fort.port) as peer:
            await peer.send(broken)
            answered = await peer.rest()
        assert not answered.endswith(b"\x88\x00"), "it is ended without a close frame"

    besiege(fort, attack())


def test_endless_empty_fragments_cost_nothing(fort: Fortress) -> None:
    empty, ping = frame(CONT), frame(FINAL | PING, b"?")

    async def attack() -> None:
        async with raw(fort.port) as peer:
            reading = asyncio.ensure_future(peer.rest())
            await peer.send(frame(TEXT))
            for _ in range(40):
                await peer.send(empty * 10_000 + ping)
            await peer.send(frame(FINAL | CONT, b"["), frame(FINAL | CLOSE, b"\x03\xe8"))
            pongs = (await reading).count(b"\x8a\x01?")
        assert pongs == 40

    besiege(fort, attack(), growth=16 * MIB)


def test_tiny_fragments_cost_what_they_hold(fort: Fortress) -> None:
    async def attack() -> None:
        async with raw(fort.port) as peer:
            await peer.send(frame(BINARY, b"x"))
            for _ in range(40):
                await peer.send(frame(CONT, b"x") * 10_000)
            assert await pong(peer)

    besiege(fort, attack(), growth=16 * MIB)


def test_fragments_without_end_end_at_the_largest_message(fort: Fortress) -> None:
    part = frame(CONT, b"x" * 8 * MIB)

    async def attack() -> None:
        async with raw(fort.port) as peer:
            await peer.send(frame(TEXT, b"x"))
            for _ in range(8):
                await peer.send(part)
            assert await peer.rest()

    besiege(fort, attack(), growth=192 * MIB)


def test_a_frame_in_tiny_pieces_is_read(fort: Fortress) -> None:
    whole = frame(FINAL | PING, b"slowly")

    async def attack() -> None:
        async with raw(fort.port) as peer:
            peer.writer.get_extra_info("socket").setsockopt(6, 1, 1)  # no coalescing (TCP_NODELAY)
            for at in range(len(whole)):
                await peer.send(whole[at : at + 1])
            await peer.reader.readuntil(b"slowly")

    besiege(fort, attack())


@pytest.mark.parametrize(
    "text",
    [
        "[" * 1_000_000,
        "[" * 200_000 + "]" * 200_000,
        '{"type":"invokefunction","function_id":"fort::echo","data":'
        + '{"a":' * 100_000
        + "1"
        + "}" * 100_000
        + "}",
        '{"type":"invokefunction","function_id":"fort::echo","data":' + "9" * 100_000 + "}",
        '{"type":"invokefunction","function_id":"fort::echo","data":1e' + "9" * 1000 + "}",
        '{"type":"invokefunction","invocation_id":"' + "0" * MIB + '","function_id":"f","data":1}',
        '"' + "\\" * 1_000_001,
        "\ufeff{}",
        "\x00" * 1000,
    ],
    ids=lambda text: text[:24],
)
def test_what_is_no_message_is_dropped_and_its_connection_lives(fort: Fortress, text: str) -> None:
    async def attack() -> None:
        async with connect(f"ws://127.0.0.1:{fort.port}/") as peer:
            await peer.send(text)
            assert await is_alive(peer)

    besiege(fort, attack())


def test_a_flood_of_what_is_no_message_is_dropped(fort: Fortress) -> None:
    garbage = frame(FINAL | TEXT, b"{" * 60) * 1000

    async def attack() -> None:
        async with raw(fort.port) as peer:
            for _ in range(50):
                await peer.send(garbage)
            assert await pong(peer)

    besiege(fort, attack(), growth=16 * MIB)


def test_one_id_a_thousand_times_gets_a_thousand_answers(fort: Fortress) -> None:
    async def attack() -> None:
        url = f"ws://127.0.0.1:{fort.port}/"
        async with connect(url) as caller:
            async with connect(url) as silent:
                await silent.send(json.dumps({"type": "registerfunction", "id": "fort::silence"}))
                await silent.send(invocation("engine::workers::register", {}, 0))
                while "invocationresult" not in str(await silent.recv()):
                    pass
                for _ in range(1000):
                    await caller.send(invocation("fort::silence", {}, 7))
                await caller.recv()
                answers = [json.loads(await caller.recv()) for _ in range(999)]
                silent.transport.abort()
            answers.append(json.loads(await caller.recv()))
            codes = [answer["error"]["code"] for answer in answers]
            assert codes == ["invocation_error"] * 999 + ["invocation_stopped"]

    besiege(fort, attack())


def test_huge_ids_and_names_are_names(fort: Fortress) -> None:
    huge = "n" * MIB

    async def attack() -> None:
        async with connect(f"ws://127.0.0.1:{fort.port}/", max_size=None) as peer:
            await peer.recv()
            await peer.send(json.dumps({"type": "registerfunction", "id": huge}))
            await peer.send(
                invocation("engine::workers::register", {"name": huge, "namespace": huge}, 1)
            )
            assert json.loads(await peer.recv())["result"] == {"success": True}
            await peer.send(invocation(huge, 1, 2))
            told = json.loads(await peer.recv())["error"]
            assert told["code"] == "function_not_found"
            assert huge in told["message"]

    besiege(fort, attack())


def test_three_thousand_connections_of_garbage(fort: Fortress) -> None:
    chance = random.Random(1)

    async def garbage() -> None:
        async with tcp(fort.port) as peer:
            await peer.send(chance.randbytes(chance.randrange(1, 400)))
            if peer.writer.can_write_eof() and not peer.writer.is_closing():
                peer.writer.write_eof()
            await peer.rest()

    async def attack() -> None:
        for _ in range(30):
            await asyncio.gather(*(garbage() for _ in range(100)))

    besiege(fort, attack(), growth=32 * MIB)


@pytest.mark.skipif(not hasattr(psutil.Process, "rlimit"), reason="limits of others: Linux only")
def test_an_engine_out_of_file_descriptors_serves_those_it_has() -> None:
    async def attack(few: Fortress) -> None:
        async with served(few.port) as call, contextlib.AsyncExitStack() as held:
            for _ in range(200):
                await (await held.enter_async_context(tcp(few.port))).send(b"GET / HTTP/1.1\r\n")
            assert await call(1) == {"body": 1}
            await held.aclose()
            assert await welcomes(few.port)
            assert await call(2) == {"body": 2}

    with fortress() as few:
        few.process.rlimit(psutil.RLIMIT_NOFILE, (64, 64))
        asyncio.run(asyncio.wait_for(attack(few), 60))


async def welcomes(port: int) -> bool:
    """Whether a new connection is served; retried, because lost ones are removed one by one."""
    for _ in range(1000):
        try:
            async with served(port) as call:
                return bool(await call(0) == {"body": 0})
        except (OSError, InvalidHandshake, ConnectionClosed):
            continue
    return False


def test_many_sessions_come_and_go(fort: Fortress) -> None:
    async def session() -> None:
        async with raw(fort.port) as peer:
            await peer.send(frame(FINAL | TEXT, b'{"type":"registerfunction","id":"fort::x"}'))

    async def attack() -> None:
        for _ in range(10):
            await asyncio.gather(*(session() for _ in range(100)))

    besiege(fort, attack(), growth=32 * MIB)


async def pong(peer: Raw) -> bool:
    """Whether a ping is answered."""
    await peer.send(frame(FINAL | PING, b"there?"))
    return (await peer.reader.readuntil(b"there?")).endswith(b"there?")
