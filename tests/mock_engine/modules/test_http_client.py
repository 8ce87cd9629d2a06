"""The client for functions behind URLs, against servers that send raw bytes."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import pytest

from mock_engine.modules.http_client import HttpAnswer, HttpClient, Unreachable

Serve = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]
OK = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok"


@asynccontextmanager
async def serving(serve: Serve) -> AsyncIterator[str]:
    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await serve(reader, writer)
        finally:
            writer.close()

    server = await asyncio.start_server(handle, "127.0.0.1", 0)
    try:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    finally:
        server.close()


async def send(url: str, body: bytes = b"{}", client: HttpClient | None = None) -> HttpAnswer:
    mine = client or HttpClient()
    try:
        return await mine.send("POST", url, [("X-One", "1"), ("x-one", "2")], body, 10)
    finally:
        if client is None:
            mine.close()


def test_head_and_body_are_one_write_in_the_order_of_the_real_client() -> None:
    async def test() -> None:
        got: list[bytes] = []

        async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            got.append(await reader.read(65536))
            writer.write(OK)

        async with serving(serve) as url:
            answer = await send(f"{url}/a b?c=d e")
            assert answer == HttpAnswer(200, b"ok")
            lines = [
                "POST /a%20b?c=d%20e HTTP/1.1",
                "x-one: 1",
                "x-one: 2",
                "accept: */*",
                f"host: {url.removeprefix('http://')}",
                "content-length: 2",
            ]
            assert got == ["\r\n".join([*lines, "", "{}"]).encode()]

    asyncio.run(test())


def test_an_answer_counts_even_if_the_request_was_not_read() -> None:
    async def test() -> None:
        async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await reader.readuntil(b"\r\n\r\n")
            writer.write(b"HTTP/1.1 413 Too Large\r\ncontent-length: 0\r\n\r\n")
            await writer.drain()

        async with serving(serve) as url:
            assert (await send(url, b"x" * 50_000_000)).status == 413

    asyncio.run(test())


def test_a_connection_that_stays_open_is_used_again() -> None:
    async def test() -> None:
        connections = 0

        async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            nonlocal connections
            connections += 1
            for _ in range(2):
                await reader.readuntil(b"{}")
                writer.write(OK)
                await writer.drain()

        async with serving(serve) as url:
            client = HttpClient()
            assert [(await send(url, client=client)).status for _ in range(3)] == [200] * 3
            client.close()
        assert connections == 2

    asyncio.run(test())


@pytest.mark.parametrize(
    ("sent", "why"),
    [
        (b"", "connection closed before message completed"),
        (b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nshort", "error decoding response body"),
        (b"no http at all\r\n\r\n", "error decoding|invalid HTTP"),
    ],
)
def test_every_failure_has_a_text(sent: bytes, why: str) -> None:
    async def test() -> None:
        async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await reader.readuntil(b"{}")
            writer.write(sent)

        async with serving(serve) as url:
            with pytest.raises(Unreachable, match=why):
                await send(url)

    asyncio.run(test())


def test_a_place_where_nothing_listens_refuses() -> None:
    async def test() -> None:
        async with serving(_never) as url:
            pass
        with pytest.raises(Unreachable, match=r"tcp connect error: Connection refused \(os error"):
            await send(url)

    asyncio.run(test())


def test_a_header_that_would_begin_another_one_is_not_sent() -> None:
    async def test() -> None:
        async with serving(_never) as url:
            client = HttpClient()
            with pytest.raises(Unreachable, match="cannot be sent"):
                await client.send("GET", url, [("a", "1\r\nb: 2")], b"", 10)
            client.close()

    asyncio.run(test())


async def _never(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    raise AssertionError("nobody connects")
