"""Channels, between their two ends."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Mapping
from typing import Any

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
