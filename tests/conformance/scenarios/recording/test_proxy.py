from __future__ import annotations

import asyncio
import os
import signal
import socket
import struct
import sys
from collections.abc import Callable
from typing import Any

import pytest
from websockets.asyncio.client import connect
from websockets.asyncio.server import ServerConnection, serve
from websockets.exceptions import ConnectionClosed, InvalidHandshake
from websockets.frames import Opcode

from conformance.errors import UsageError
from conformance.scenarios.reading import parse
from conformance.scenarios.recording.compose import compose
from conformance.scenarios.recording.proxy import Proxy, Upstream
from conformance.scenarios.recording.writing import write
from conformance.verdict import Outcome
from mock_engine.config import Config
from mock_engine.engine import Engine
from mock_engine.transcript import (
    Answered,
    Direction,
    Ended,
    Ending,
    Event,
    FrameSeen,
    Message,
    Requested,
)
from mock_engine.wire import Listener
from tests.conformance.scenarios.playing import play

HOST = "127.0.0.1"


def of(proxy: Proxy, kind: type[Any]) -> list[Any]:
    return [event for event in proxy.transcript.events if isinstance(event, kind)]


async def until(proxy: Proxy, condition: Callable[[], object]) -> None:
    """Wait until an event makes ``condition`` true."""
    news = asyncio.Event()
    proxy.transcript.listeners.append(lambda _: news.set())
    async with asyncio.timeout(10):
        while not condition():
            news.clear()
            await news.wait()


async def serving(
    handler: Callable[[ServerConnection], Any], **more: Any
) -> tuple[Any, Proxy, int]:
    server = await serve(handler, HOST, 0, **more)
    port = next(iter(server.sockets)).getsockname()[1]
    proxy = Proxy(Upstream(HOST, port))
    return server, proxy, await proxy.listen(HOST, 0)


def test_nothing_of_a_conversation_is_changed() -> None:
    async def conversation() -> None:
        seen: list[Any] = []

        async def handler(socket: ServerConnection) -> None:
            assert socket.request is not None
            seen.append((socket.request.path, socket.request.headers["X-Token"]))
            seen.append(socket.subprotocol)
            async for message in socket:
                seen.append(message)
                await socket.send(message)

        server, proxy, port = await serving(handler, subprotocols=["iii"])
        async with connect(
            f"ws://{HOST}:{port}/a/path?query=1",
            additional_headers={"X-Token": "secret"},
            subprotocols=["iii"],
        ) as client:
            for message in ("é" * 500, b"\x00\xff" * 300, ["frag", "ments"]):
                await client.send(message)
                await client.recv()
            await (await client.ping(b"pulse"))
            await client.close(4001, "enough")
        await until(proxy, lambda: of(proxy, Ended))
        await proxy.stop()
        server.close()
        await server.wait_closed()

        assert seen == [
            ("/a/path?query=1", "secret"),
            "iii",
            "é" * 500,
            b"\x00\xff" * 300,
            "fragments",
        ]
        said = [m for m in of(proxy, Message) if m.direction is Direction.FROM_WORKER]
        heard = [m for m in of(proxy, Message) if m.direction is Direction.FROM_ENGINE]
        assert [m.data for m in said] == [m.data for m in heard]
        assert said[0].data.decode() == "é" * 500  # it was compressed on the wire
        assert said[1].binary
        assert of(proxy, Requested)[0].request.target == "/a/path?query=1"
        assert [a.status for a in of(proxy, Answered)] == [101]
        frames = [f for f in of(proxy, FrameSeen) if f.direction is Direction.FROM_WORKER]
        assert [f.fin for f in frames if f.opcode in (Opcode.TEXT, Opcode.CONT)] == [
            True,
            False,
            False,
            True,
        ]
        assert any(f.opcode is Opcode.PING and f.data == b"pulse" for f in frames)
        assert [f.close_code for f in frames if f.opcode is Opcode.CLOSE] == [4001]
        assert proxy.warnings == []

    asyncio.run(conversation())


def test_a_reset_goes_through() -> None:
    async def conversation() -> None:
        ended: asyncio.Future[ConnectionClosed] = asyncio.get_running_loop().create_future()

        async def handler(socket: ServerConnection) -> None:
            try:
                await socket.recv()
            except ConnectionClosed as closed:
                ended.set_result(closed)

        server, proxy, port = await serving(handler)
        client = await connect(f"ws://{HOST}:{port}/")
        raw = client.transport.get_extra_info("socket")
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        client.transport.abort()
        closed = await ended
        await client.wait_closed()
        await proxy.stop()
        server.close()
        await server.wait_closed()

        assert closed.rcvd is None
        assert [e.ending for e in of(proxy, Ended)] == [Ending.RESET]

    asyncio.run(conversation())


def test_bytes_that_are_no_frames_go_through_all_the_same() -> None:
    async def conversation() -> None:
        got: asyncio.Future[bytes] = asyncio.get_running_loop().create_future()

        async def raw(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await reader.readuntil(b"\r\n\r\n")
            writer.write(b"HTTP/1.1 101 Switching Protocols\r\n\r\n")
            got.set_result(await reader.readexactly(5))
            writer.close()

        server = await asyncio.start_server(raw, HOST, 0)
        proxy = Proxy(Upstream(HOST, server.sockets[0].getsockname()[1]))
        port = await proxy.listen(HOST, 0)
        reader, writer = await asyncio.open_connection(HOST, port)
        writer.write(b"GET / HTTP/1.1\r\n\r\n")
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"\xff\xff\xff\xff\xff")
        assert await got == b"\xff\xff\xff\xff\xff"
        writer.close()
        await until(proxy, lambda: of(proxy, Ended))
        await proxy.stop()
        server.close()

        assert len(proxy.warnings) == 1

    asyncio.run(conversation())


def test_an_engine_that_is_away_is_told() -> None:
    async def conversation() -> Proxy:
        with socket.create_server((HOST, 0)) as taken:
            away = taken.getsockname()[1]
        proxy = Proxy(Upstream(HOST, away))
        port = await proxy.listen(HOST, 0)
        with pytest.raises((OSError, EOFError, InvalidHandshake)):
            async with connect(f"ws://{HOST}:{port}/"):
                pass
        await proxy.stop()
        return proxy

    assert str(asyncio.run(conversation()).warnings[0]).startswith("the engine at")


@pytest.mark.parametrize("url", ["ws://", "ftp://a:1", "ws://a:b", "ws://a:1/path"])
def test_an_address_that_is_none_is_refused(url: str) -> None:
    with pytest.raises(UsageError, match="--upstream"):
        Upstream.of(url)


async def _recorded() -> list[Event]:
    """What a reference worker and an engine said while somebody called the worker."""
    engine = Engine(Config())
    listener = await Listener.start(engine.workers, HOST, 0)
    proxy = Proxy(Upstream(HOST, listener.port))
    gone = asyncio.Event()
    proxy.gone = gone.set
    port = await proxy.listen(HOST, 0)
    worker = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "reference_workers.echo",
        env={**os.environ, "III_URL": f"ws://{HOST}:{port}"},
        stderr=asyncio.subprocess.DEVNULL,
    )
    await until(proxy, lambda: b"workers::register" in b"".join(m.data for m in of(proxy, Message)))
    async with connect(f"ws://{HOST}:{listener.port}/") as caller:
        call = (
            '{"type": "invokefunction", "invocation_id": "3f2504e0-4f89-41d3-9a0c-0305e82c3301",'
            ' "function_id": "conformance::echo", "data": {"tea": 1}}'
        )
        await caller.send(call)
        async with asyncio.timeout(10):
            while b'"tea"' not in (await caller.recv(decode=False)):
                pass
    worker.send_signal(signal.SIGTERM)
    await worker.wait()
    await gone.wait()
    await proxy.stop()
    await listener.stop()
    await engine.stop()
    return proxy.transcript.events


def test_what_is_recorded_can_be_played() -> None:
    events = asyncio.run(_recorded())

    text = write(compose(events, name="recorded", title="t", source="s"))
    told = play("-m reference_workers.echo", [parse(text, "recorded.yaml")])["recorded"]

    assert "tea: 1" in text
    assert "3f2504e0" not in text
    assert told["outcome"] == Outcome.PASSED.value, told["reason"]
