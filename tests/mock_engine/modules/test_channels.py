"""Channels, between their two ends."""

from __future__ import annotations

import json
import socket
import threading
import time
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

from mock_engine.testing import LocalEngine
from tests.mock_engine.modules.local import (
    bind,
)


def ends(engine: LocalEngine) -> tuple[str, str]:
    made = engine.invoke("engine::channels::create", {})
    at = f"{engine.url.rstrip('/')}/ws/channels/{made['reader']['channel_id']}"
    query = f"?key={made['reader']['access_key']}&dir="
    return f"{at}{query}write", f"{at}{query}read"


def test_a_writer_without_a_reader_is_ended_when_it_goes_on(engine: LocalEngine) -> None:
    writing, reading = ends(engine)
    with connect(writing) as writer:
        with connect(reading) as reader:
            writer.send("a")
            assert reader.recv(10) == "a"
        with pytest.raises(ConnectionClosed) as ended:
            for _ in range(1000):
                writer.send("b")
                time.sleep(0.005)

    assert ended.value.rcvd is None


def test_channels_outlive_the_workers_a_little(engine: LocalEngine) -> None:
    _, reading = ends(engine)
    with connect(engine.url) as worker, connect(reading) as reader:
        worker.recv(10)
        stopping = threading.Thread(target=engine.stop)
        stopping.start()
        with pytest.raises(ConnectionClosed):
            worker.recv(10)
        with pytest.raises(TimeoutError):
            reader.recv(0.1)
        with pytest.raises(ConnectionClosed):
            reader.recv(10)
        stopping.join()


def test_a_header_that_is_set_twice_over_a_channel_is_sent_once(engine: LocalEngine) -> None:
    def answer(request: Mapping[str, Any]) -> None:
        end = request["response"]
        query = f"?key={end['access_key']}&dir=write"
        threading.Thread(target=write, args=(f"/ws/channels/{end['channel_id']}{query}",)).start()

    def write(path: str) -> None:
        with connect(engine.url.rstrip("/") + path) as channel:
            for value in ("1", "2"):
                channel.send(json.dumps({"type": "set_headers", "headers": {"x-n": value}}))
            channel.send(json.dumps({"type": "set_status", "status_code": 201}))
            channel.send(b"body")

    engine.serve("a::b", answer)
    bind(engine, "http", "a::b", {"api_path": "x"})
    found = httpx.get(f"{engine.http_url}/x")

    assert (found.status_code, found.content) == (201, b"body")
    assert found.headers.get_list("x-n") == ["2"]


def upgraded(url: str) -> socket.socket:
    """A raw WebSocket after its upgrade."""
    parts = urlsplit(url)
    raw = socket.create_connection((parts.hostname or "", parts.port or 0), 10)
    head = (
        f"GET {parts.path}?{parts.query} HTTP/1.1\r\nhost: x\r\nconnection: upgrade\r\n"
        "upgrade: websocket\r\nsec-websocket-version: 13\r\n"
        "sec-websocket-key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n"
    )
    raw.sendall(head.encode())
    received = b""
    while b"\r\n\r\n" not in received:
        received += raw.recv(1)
    return raw


def everything(raw: socket.socket) -> bytes:
    received = b""
    while data := raw.recv(4096):
        received += data
    return received


CLOSE_1000 = b"\x88\x82\x00\x00\x00\x00\x03\xe8"
"""A close frame with code 1000 and a mask of zeros."""


def test_a_writers_close_is_answered_and_the_stream_ends(engine: LocalEngine) -> None:
    writing, reading = ends(engine)
    with upgraded(writing) as writer, upgraded(reading) as reader:
        writer.sendall(b"\x81\x82\x00\x00\x00\x00hi" + CLOSE_1000)

        assert everything(writer) == b"\x88\x02\x03\xe8"
        # Everything is sent at once: the frame, a close frame without a code, the end.
        assert everything(reader) == b"\x81\x02hi\x88\x00"


def test_a_reader_that_closes_first_gets_no_answer(engine: LocalEngine) -> None:
    writing, reading = ends(engine)
    with upgraded(writing) as _, upgraded(reading) as reader:
        reader.sendall(CLOSE_1000)
        reader.settimeout(1)

        with pytest.raises(TimeoutError):
            reader.recv(1)
        reader.settimeout(10)
        assert _ended_without_a_word(reader)


def _ended_without_a_word(raw: socket.socket) -> bool:
    try:
        return raw.recv(1) == b""
    except ConnectionResetError:
        return True
