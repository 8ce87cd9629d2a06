"""Hostile HTTP: requests that never end, tricks with paths and framing, floods."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

import pytest

from mock_engine.config import Config, ListenAddress, ModuleConfig
from mock_engine.server import Server
from mock_engine.transcript import Ended, Request
from mock_engine.wire import Connection, Response
from tests.mock_engine.fortress import (
    FINAL,
    MIB,
    PATIENCE,
    PING,
    Fortress,
    fortress,
    frame,
    raw,
    served,
    tcp,
)
from tests.mock_engine.wire.test_connection import Mirror, run, scene

HOST = b"host: x\r\n"


@pytest.fixture(scope="module")
def fort() -> Iterator[Fortress]:
    with fortress() as engine:
        yield engine


async def ask(port: int, *parts: bytes) -> bytes:
    """Send bytes and return the status line of the answer, empty when there is none."""
    async with tcp(port) as peer:
        await peer.send(*parts)
        try:
            return await asyncio.wait_for(peer.reader.readline(), PATIENCE)
        except ConnectionError:
            return b""


def post(target: bytes, body: bytes = b"1") -> bytes:
    head = b"POST %b HTTP/1.1\r\n%bcontent-type: application/json\r\ncontent-length: %d\r\n\r\n"
    return head % (target, HOST, len(body)) + body


@pytest.mark.parametrize(
    ("target", "status"),
    [
        (b"/files/a", b"200"),
        (b"/files/a?" + b"x=1&" * 1000, b"200"),
        (b"/files/..%2f..%2fetc%2fpasswd", b"200"),
        (b"/files/%00", b"200"),
        (b"/files/%zz%", b"200"),
        (b"http://elsewhere/files/a", b"200"),
        (b"/files/../files/a", b"404"),
        (b"/../../etc/passwd", b"404"),
        (b"/files/a/b", b"404"),
        (b"//files//a", b"404"),
        (b"*", b"404"),
        (b"files/a", b"400"),
        (b"/files/\x00", b"400"),
        (b"/files/\x7f", b"400"),
        (b"/files/a b", b"400"),
        (b"/" + b"a" * 70_000, b"431"),
    ],
    ids=lambda value: repr(value[:24]),
)
def test_a_path_is_taken_as_it_stands(fort: Fortress, target: bytes, status: bytes) -> None:
    @run
    async def test() -> None:
        async with served(fort.port, path="files/:name"):
            answered = await ask(fort.http_port, post(target))
            assert answered.split()[1:2] == [status]

    test()


@pytest.mark.parametrize(
    ("head", "status"),
    [
        (b"content-length: 1\r\ncontent-length: 2\r\n\r\n1", b"400"),
        (b"content-length: -1\r\n\r\n", b"400"),
        (b"content-length: 1, 2\r\n\r\n1", b"400"),
        (b"content-length: 9" + b"9" * 18 + b"\r\n\r\n", b"413"),
        (b"content-length: " + b"9" * 5000 + b"\r\n\r\n", b"400"),
        (b"content-length: 1\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n", b"400"),
        (b"transfer-encoding: chunked, chunked\r\n\r\n0\r\n\r\n", b"501"),
        (b"transfer-encoding: gzip\r\n\r\n", b"501"),
        (b"transfer-encoding : chunked\r\n\r\n0\r\n\r\n", b"400"),
        (b"transfer-encoding: chunked\r\n\r\nfffffffffffffffffffff\r\n", b"400"),
        (b"transfer-encoding: chunked\r\n\r\nxyz\r\n", b"400"),
        (b"transfer-encoding: chunked\r\n\r\n-1\r\n", b"400"),
        (b"x: a\x00b\r\n\r\n", b"400"),
        (b"x y: 1\r\n\r\n", b"400"),
        (b": 1\r\n\r\n", b"400"),
        (b"x: " + b"y" * 70_000, b"431"),
        (b"x: y\r\n" * 20_000, b"431"),
    ],
    ids=lambda value: repr(value[:40]),
)
def test_a_trick_with_framing_is_refused(fort: Fortress, head: bytes, status: bytes) -> None:
    @run
    async def test() -> None:
        async with served(fort.port, path="files/:name"):
            begun = b"POST /files/a HTTP/1.1\r\n" + HOST
            answered = await ask(fort.http_port, begun, head)
            assert answered.split()[1:2] == [status]
            assert b" 200 " in await ask(fort.http_port, post(b"/files/a"))

    test()


@pytest.mark.parametrize(
    "path",
    [
        "/ws/channels/",
        "/ws/channels/../../?key=a&dir=read",
        "/ws/channels/%2e%2e%2f?key=a&dir=read",
        "/ws/channels/%00?key=%00&dir=write",
        "/ws/channels/" + "a" * 30_000 + "?key=a&dir=read",
        "/ws/channels/a?" + "key=a&" * 5000 + "dir=read",
        "/otel/../",
        "/.",
        "//",
    ],
    ids=lambda path: path[:24],
)
def test_no_trick_with_a_path_opens_a_channel(fort: Fortress, path: str) -> None:
    head = (
        "upgrade: websocket\r\nconnection: upgrade\r\n"
        "sec-websocket-key: AAAAAAAAAAAAAAAAAAAAAA==\r\nsec-websocket-version: 13\r\n\r\n"
    )

    @run
    async def test() -> None:
        answered = await ask(fort.port, f"GET {path} HTTP/1.1\r\n".encode(), HOST, head.encode())
        assert answered.split()[1:2] in ([b"400"], [b"404"])
        async with served(fort.port) as call:
            assert await call(1) == {"body": 1}

    test()


@run
async def test_slow_requests_are_ended_and_hinder_nobody() -> None:
    begun = [
        b"GET / HTTP/1.1\r\nx: ",
        b"POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 9\r\n\r\n1",
        b"POST / HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\nffff\r\n",
        b"GET / HTTP/1.1\r\nhost: x\r\n\r\nGET / HT",
    ]

    async def drip(port: int, number: int) -> None:
        async with tcp(port) as peer:
            await peer.send(begun[number % len(begun)])
            ended = asyncio.ensure_future(peer.rest())
            while not ended.done():
                await peer.send(b"y")
                await asyncio.wait([ended], timeout=0.05)

    async with scene(request_time=0.5, body_time=0.5) as s:
        dripping = asyncio.gather(*(drip(s.listener.port, number) for number in range(200)))
        async with s.client() as client:
            await client.send("served")
            assert await client.recv() == "served"
            await dripping
            await client.send("still served")
            assert await client.recv() == "still served"
        endings = [event.detail for event in s.transcript.of(Ended)]
        assert endings.count("no complete request in time") == 200


@run
async def test_a_body_of_unknown_length_ends_at_the_limit() -> None:
    async with scene(request_body=MIB) as s, tcp(s.listener.port) as peer:
        chunk = b"10000\r\n" + b"x" * 0x10000 + b"\r\n"
        await peer.send(b"POST / HTTP/1.1\r\n", HOST, b"transfer-encoding: chunked\r\n\r\n")
        for _ in range(100):
            await peer.send(chunk)
        assert (await peer.rest())[:12] in (b"HTTP/1.1 413", b"")


@run
async def test_a_peer_that_never_reads_is_given_up() -> None:
    async with scene(unsent=MIB) as s, s.client() as client, raw(s.listener.port) as deaf:
        ping = frame(FINAL | PING, b"x" * 125) * 1000
        while not deaf.writer.is_closing():
            await asyncio.wait_for(deaf.send(ping), PATIENCE)
            if any(e.detail == "the peer does not read" for e in s.transcript.of(Ended)):
                break
        await client.send("still served")
        assert await client.recv() == "still served"


class Held(Mirror):
    """An application that answers when the test tells it to."""

    def __init__(self) -> None:
        super().__init__()
        self.go_on = asyncio.Event()

    async def respond(self, connection: Connection, request: Request, body: bytes) -> Response:
        await self.go_on.wait()
        return await super().respond(connection, request, body)


@run
async def test_nobody_sends_far_ahead_of_an_answer() -> None:
    async with scene(app=Held()) as s, tcp(s.listener.port) as peer:
        flood = asyncio.ensure_future(peer.send(post(b"/", b"x" * 1000) * 50_000))
        done, _ = await asyncio.wait([flood], timeout=1)
        assert not done, "50 MB were taken while a request waits for its answer"
        flood.cancel()


@run
async def test_a_flood_of_requests_is_served_a_few_at_a_time() -> None:
    options = {"port": 0, "concurrency_request_limit": 4}
    modules = (ModuleConfig("iii-http", options, 1),)
    config = Config(addresses=(ListenAddress(port=0),), modules=modules)
    server = await Server.start(config)
    try:
        port = server.listeners[0].port
        http = int(server.module_urls["iii-http"].rsplit(":", 1)[1])
        async with served(port, path="flood") as call:
            answers = [ask(http, post(b"/flood")) for _ in range(300)]
            lines = await asyncio.gather(*answers)
            assert {line.split()[1] for line in lines} == {b"200"}
            assert await call(1) == {"body": 1}
    finally:
        await server.stop()
