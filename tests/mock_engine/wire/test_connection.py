"""Connections over real sockets: frames, limits, and every way to misbehave."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from typing import Any

import pytest
import uvloop
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake
from websockets.frames import Opcode

from mock_engine.transcript import (
    NOT_JSON,
    Answered,
    Direction,
    Ended,
    Ending,
    FrameSeen,
    Message,
    Request,
    Transcript,
)
from mock_engine.wire import (
    Connection,
    Frame,
    Limits,
    Listener,
    Response,
)
from mock_engine.wire.batch import Batch


class Mirror:
    """An application that sends back what it gets."""

    def __init__(self) -> None:
        self.lost = 0

    def upgrade(self, connection: Connection) -> Response | None:
        assert connection.request is not None
        return None if connection.request.path == "/" else Response(404)

    def opened(self, connection: Connection) -> None:
        self.connection = connection

    def received(self, connection: Connection, data: bytes, binary: bool) -> None:
        connection.send_binary(data) if binary else connection.send_text(data)

    def closed(self, connection: Connection) -> None:
        self.lost += 1

    async def respond(self, connection: Connection, request: Request, body: bytes) -> Response:
        return Response(200, request.method.encode() + b" " + body)


class Scene:
    def __init__(self, listener: Listener, app: Mirror, transcript: Transcript) -> None:
        self.listener, self.app, self.transcript = listener, app, transcript

    def client(self, path: str = "/") -> Any:
        return connect(f"ws://127.0.0.1:{self.listener.port}{path}", max_size=None)

    async def ended(self) -> Ended:
        found: asyncio.Future[Ended] = asyncio.get_running_loop().create_future()
        for event in self.transcript.of(Ended):
            return event
        self.transcript.listeners.append(
            lambda e: found.set_result(e) if isinstance(e, Ended) and not found.done() else None
        )
        return await asyncio.wait_for(found, 10)


@asynccontextmanager
async def scene(app: Mirror | None = None, **limits: Any) -> AsyncIterator[Scene]:
    transcript, app = Transcript(), app or Mirror()
    listener = await Listener.start(app, transcript=transcript, limits=Limits(**limits))
    try:
        yield Scene(listener, app, transcript)
    finally:
        await listener.stop()


def run(test: Callable[[], Coroutine[Any, Any, None]]) -> Callable[[], None]:
    """Run a test on asyncio's own loop and on uvloop, as ``python -m mock_engine`` does."""

    def wrapped() -> None:
        for new_loop in (asyncio.new_event_loop, uvloop.new_event_loop):
            with asyncio.Runner(loop_factory=new_loop) as runner:
                runner.run(asyncio.wait_for(test(), 30))

    wrapped.__name__ = test.__name__
    return wrapped


@run
async def test_messages_pass_whole_and_are_recorded() -> None:
    async with scene() as s, s.client() as client:
        await client.send("text")
        await client.send([b"in", b"two"])

        assert await client.recv() == "text"
        assert await client.recv() == b"intwo"
        whole = [m.data for m in s.transcript.of(Message) if m.direction is Direction.FROM_WORKER]
        assert whole == [b"text", b"intwo"]
        assert [a.status for a in s.transcript.of(Answered)] == [101]


@run
async def test_pings_are_answered() -> None:
    async with scene() as s, s.client() as client:
        await (await client.ping(b"hello"))

        frames = [(f.direction, f.opcode, f.data) for f in s.transcript.of(FrameSeen)]
        assert frames == [
            (Direction.FROM_WORKER, Opcode.PING, b"hello"),
            (Direction.FROM_ENGINE, Opcode.PONG, b"hello"),
        ]


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux holds bytes back")
@run
async def test_what_is_corked_arrives_with_the_end() -> None:
    async with scene() as s, s.client() as client:
        await client.send("here")
        await client.recv()
        received = client.transport.get_extra_info("socket")
        client.transport.pause_reading()

        s.app.connection.cork()
        for text in (b"one", b"two", b"three"):
            s.app.connection.send_text(text)
        with pytest.raises(BlockingIOError):
            os.read(received.fileno(), 1000)
        s.app.connection.cut()
        client.transport.resume_reading()

        assert [text async for text in client.recv_streaming()] == ["one"]
        assert [await client.recv(), await client.recv()] == ["two", "three"]
        with pytest.raises(ConnectionClosed):
            await client.recv()


@run
async def test_an_unknown_path_is_refused() -> None:
    async with scene() as s:
        with pytest.raises(InvalidHandshake, match="404"):
            await s.client("/elsewhere")


@run
async def test_a_close_frame_of_the_engine_carries_its_code() -> None:
    async with scene() as s, s.client() as client:
        s.app.connection.close(1011, "why")

        with pytest.raises(ConnectionClosed) as closed:
            await client.recv()
        assert closed.value.rcvd is not None
        assert (closed.value.rcvd.code, closed.value.rcvd.reason) == (1011, "why")
        assert (await s.ended()).ending is Ending.BY_ENGINE
        assert s.app.lost == 1


@run
async def test_a_workers_close_frame_is_told_from_a_mere_end() -> None:
    async with scene() as s:
        async with s.client() as client:
            await client.close(1000)
        assert (await s.ended()).ending is Ending.CLOSE_FRAME


@run
async def test_a_mere_end_is_told() -> None:
    async with scene() as s:
        client: ClientConnection = await s.client()
        client.transport.abort()
        assert (await s.ended()).ending in (Ending.EOF, Ending.RESET)


@run
async def test_an_oversized_frame_ends_the_connection_without_a_close_frame() -> None:
    async with scene(frame=1000) as s, s.client() as client:
        await client.send("x" * 1001)

        with pytest.raises(ConnectionClosed) as closed:
            await client.recv()
        assert closed.value.rcvd is None
        assert (await s.ended()).ending is Ending.TOO_LARGE


@run
async def test_endless_fragments_end_the_connection() -> None:
    async with scene(message=1000) as s, s.client() as client:
        with pytest.raises(ConnectionClosed):
            await client.send(b"x" * 100 for _ in range(1000))
            await client.recv()
        assert (await s.ended()).ending is Ending.TOO_LARGE


@run
async def test_text_that_is_not_utf8_ends_the_connection() -> None:
    async with scene() as s, s.client() as client:
        client.protocol.send_text(b"\xff\xfe")
        client.transport.write(b"".join(client.protocol.data_to_send()))

        assert (await s.ended()).ending is Ending.MALFORMED


@run
async def test_a_slow_request_runs_out_of_time() -> None:
    async with scene(request_time=0.1) as s:
        _, writer = await asyncio.open_connection("127.0.0.1", s.listener.port)
        writer.write(b"GET / HTTP/1.1\r\n")
        assert (await s.ended()).detail == "no complete request in time"
        writer.close()


@run
async def test_plain_http_is_answered_request_after_request() -> None:
    async with scene() as s:
        reader, writer = await asyncio.open_connection("127.0.0.1", s.listener.port)
        writer.write(b"POST /x HTTP/1.1\r\nhost: a\r\ncontent-length: 2\r\n\r\nhi")
        writer.write(b"GET /y HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n")
        answers = await reader.read()
        writer.close()

        assert b"POST hi" in answers
        assert answers.endswith(b"GET ")


@pytest.mark.parametrize(
    ("request_text", "status"),
    [
        (b"nonsense\r\n\r\n", b"400"),
        (b"GET / HTTP/1.1\r\nhost: a\r\nupgrade: websocket\r\nconnection: upgrade\r\n\r\n", b"400"),
        (
            b"GET / HTTP/1.1\r\nhost: a\r\nupgrade: websocket\r\nconnection: upgrade\r\n"
            b"sec-websocket-key: x\r\nsec-websocket-version: 8\r\n\r\n",
            b"400",
        ),
        (
            b"POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 2000000\r\n\r\n" + b"x" * 1_100_000,
            b"413",
        ),
    ],
)
def test_a_bad_request_is_answered_and_ends_the_connection(
    request_text: bytes, status: bytes
) -> None:
    @run
    async def test() -> None:
        async with scene() as s:
            reader, writer = await asyncio.open_connection("127.0.0.1", s.listener.port)
            writer.write(request_text)
            line = await reader.readline()
            writer.close()

            assert line.split()[1] == status

    test()


@run
async def test_any_frame_and_any_bytes_can_be_sent() -> None:
    async with scene() as s, s.client() as client:
        s.app.connection.send_frame(Frame(Opcode.TEXT, b"par", fin=False))
        s.app.connection.send_raw(Frame(Opcode.CONT, b"ts").serialize())

        assert await client.recv() == "parts"


@pytest.mark.parametrize("text", [b"{", b"", b"NaN", b'{"a":Infinity}', b"[" * 100_000, b"\xff"])
def test_what_is_no_json_is_told(text: bytes) -> None:
    message = Message(0.0, 1, Direction.FROM_WORKER, binary=True, data=text)

    assert message.json is NOT_JSON
    assert message.type is None


def test_a_transcript_writes_one_json_line_an_event() -> None:
    transcript = Transcript(clock=lambda: 1.0)
    transcript.add(FrameSeen(0.5, 1, Direction.FROM_ENGINE, Opcode.CLOSE, True, b"\x03\xe8bye"))
    transcript.add(FrameSeen(0.5, 1, Direction.FROM_WORKER, Opcode.BINARY, True, b"\xff"))
    transcript.add(Ended(0.6, 1, Ending.EOF))

    close, binary, ended = transcript.ndjson()

    assert '"code": 1000, "reason": "bye"' in close
    assert '"base64": "/w=="' in binary
    assert '"ending": "eof"' in ended


class Pipe(asyncio.Transport):
    """A transport that only records whether it was aborted."""

    aborted = False

    def get_extra_info(self, name: str, default: object = None) -> object:
        return default

    def abort(self) -> None:
        self.aborted = True


@run
async def test_a_connection_cut_before_it_was_made_does_not_live() -> None:
    pipe = Pipe()
    early = Connection(
        1,
        Mirror(),
        limits=Limits(),
        transcript=None,
        batch=Batch(),
        gone=lambda connection: None,
    )

    early.cut()
    early.connection_made(pipe)

    assert pipe.aborted


@run
async def test_connections_of_two_listeners_have_numbers_of_their_own() -> None:
    mirrors = [Mirror(), Mirror()]
    listeners = [await Listener.start(mirror) for mirror in mirrors]
    try:
        for listener in listeners:
            async with connect(f"ws://127.0.0.1:{listener.port}/") as client:
                await client.send("x")
                await client.recv()
    finally:
        for listener in listeners:
            await listener.stop()

    assert mirrors[0].connection.id != mirrors[1].connection.id
