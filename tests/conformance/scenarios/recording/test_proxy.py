from __future__ import annotations

import asyncio
import shutil
import socket
import ssl
import struct
import subprocess
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from websockets.asyncio.client import connect
from websockets.asyncio.server import ServerConnection, serve
from websockets.exceptions import ConnectionClosed, InvalidHandshake
from websockets.frames import Opcode
from websockets.typing import Subprotocol

from conformance.errors import UsageError
from conformance.scenarios.recording.proxy import Proxy, Upstream
from mock_engine.transcript import (
    Answered,
    Direction,
    Ended,
    Ending,
    FrameSeen,
    Message,
    Requested,
)

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

        server, proxy, port = await serving(handler, subprotocols=[Subprotocol("iii")])
        async with connect(
            f"ws://{HOST}:{port}/a/path?query=1",
            additional_headers={"X-Token": "secret"},
            subprotocols=[Subprotocol("iii")],
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


def certificate(folder: Path) -> tuple[Path, Path]:
    """A self-signed certificate for this address, and its key."""
    openssl = shutil.which("openssl")
    if openssl is None:
        pytest.skip("openssl is not installed")
    key, made = folder / "key.pem", folder / "certificate.pem"
    words = ("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=test")
    where = ("-addext", f"subjectAltName=IP:{HOST}", "-keyout", key, "-out", made)
    subprocess.run([openssl, *words, *where], check=True, capture_output=True)
    return made, key


@pytest.mark.parametrize("trusted", [True, False])
def test_an_engine_behind_tls(
    trusted: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made, key = certificate(tmp_path)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(made, key)
    if trusted:
        monkeypatch.setenv("SSL_CERT_FILE", str(made))

    async def handler(connection: ServerConnection) -> None:
        async for message in connection:
            await connection.send(message)

    async def conversation() -> tuple[Proxy, list[Any]]:
        server = await serve(handler, HOST, 0, ssl=context)
        proxy = Proxy(Upstream.of(f"wss://{HOST}:{server.sockets[0].getsockname()[1]}"))
        port = await proxy.listen(HOST, 0)
        heard = []
        with suppress(OSError, EOFError, InvalidHandshake):
            async with connect(f"ws://{HOST}:{port}/") as client:
                for each in ("text" * 50_000, b"\x00\xff"):
                    await client.send(each)
                    heard.append(await client.recv() == each)
        await proxy.stop()
        server.close()
        await server.wait_closed()
        return proxy, heard

    proxy, heard = asyncio.run(conversation())

    if trusted:
        assert heard == [True, True]
        assert [e.ending for e in of(proxy, Ended)] == [Ending.CLOSE_FRAME]
        assert proxy.warnings == []
    else:
        assert heard == []
        assert "certificate verify failed" in proxy.warnings[0]
        assert "SSL_CERT_FILE" in proxy.warnings[0]
