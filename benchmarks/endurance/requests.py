"""HTTP requests at a fixed rate, answered by a worker."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from urllib.parse import urlsplit

import msgspec
from msgspec import Raw

from benchmarks.endurance.calls import Given, Worker, call
from benchmarks.endurance.tally import Tally

CONNECTIONS, SPARSE = 16, 60
"""The most connections, and the requests per minute for each: an idle connection is closed."""

FUNCTION = "served::echo"
WITHIN = 60.0
"""The time in seconds after which a response counts as lost."""


class Request(msgspec.Struct):
    """The fields of a request that are read."""

    body: Given


def serve(function_id: str, data: Raw) -> object:
    """Answer a request with its own content."""
    del function_id
    return {"status_code": 200, "body": msgspec.json.decode(data, type=Request).body}


async def join(url: str) -> Worker:
    """A worker behind ``POST /echo``."""
    worker = await Worker.join(url, [FUNCTION], serve)
    config = {"api_path": "/echo", "http_method": "POST"}
    trigger = {"trigger_type": "http", "function_id": FUNCTION, "config": config}
    worker.peer.send(call(1, "engine::register_trigger", trigger))
    return worker


class Requests:
    """Sends ``rate`` requests a minute, while ``goes_on`` returns true."""

    def __init__(self, rate: int, goes_on: Callable[[], bool]) -> None:
        self._pause = 60 / rate
        self._connections = max(1, min(CONNECTIONS, rate // SPARSE))
        self._goes_on = goes_on
        self._made = 0
        self.tally = Tally()

    async def run(self, url: str) -> None:
        """Send requests over connections that stay open."""
        self._begun = time.perf_counter()
        await asyncio.gather(*(self._connection(url) for _ in range(self._connections)))

    async def _connection(self, url: str) -> None:
        host, port = urlsplit(url).hostname, urlsplit(url).port
        reader, writer = await asyncio.open_connection(host, port)
        while self._goes_on():
            number, self._made = self._made, self._made + 1
            due = self._begun + number * self._pause
            await asyncio.sleep(max(0.0, due - time.perf_counter()))
            body = msgspec.json.encode(Given(number))
            at = time.perf_counter()
            writer.write(
                b"POST /echo HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
                b"Content-Length: %d\r\n\r\n%b" % (len(body), body)
            )
            try:
                status, answer = await asyncio.wait_for(_response(reader), WITHIN)
            except (TimeoutError, OSError, EOFError):
                self.tally.lost += 1
                break
            self.tally.add(time.perf_counter() - at, right=status == b"200" and answer == body)
        writer.close()


async def _response(reader: asyncio.StreamReader) -> tuple[bytes, bytes]:
    head = (await reader.readuntil(b"\r\n\r\n")).lower()
    length = head.partition(b"content-length:")[2].partition(b"\r\n")[0]
    return head.split(b" ", 2)[1], await reader.readexactly(int(length))
