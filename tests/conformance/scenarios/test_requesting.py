"""Requests to the engine's HTTP port."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread
from typing import Any

import pytest

from conformance.scenarios.requesting import request


class Mirror(BaseHTTPRequestHandler):
    """Answers with the request."""

    def do_POST(self) -> None:
        length = int(self.headers.get("Content-Length") or 0)
        body = self.rfile.read(length)
        self.send_response(int(self.headers.get("X-Status") or 200))
        self.send_header("Content-Type", self.headers.get("X-Answer") or "application/json")
        self.send_header("X-Path", self.path)
        self.end_headers()
        self.wfile.write(body)

    do_GET = do_POST  # noqa: N815 - the base class calls it so

    def log_message(self, *_: Any) -> None:
        pass


@pytest.fixture
def place() -> Iterator[str]:
    server = HTTPServer(("127.0.0.1", 0), Mirror)
    thread = Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.mark.parametrize(
    ("wanted", "status", "path", "body"),
    [
        ({"path": "/a", "method": "POST", "json": {"x": 1}}, 200, "/a", {"x": 1}),
        ({"path": "/a", "query": {"b": "ü &", "c": [1, 2]}}, 200, "/a?b=%C3%BC+%26&c=1&c=2", ""),
        ({"path": "/a?x=1", "query": {"b": 2}}, 200, "/a?x=1&b=2", ""),
        (
            {"path": "/", "method": "POST", "text": "tëa", "headers": {"X-Answer": "text/plain"}},
            200,
            "/",
            "tëa",
        ),
        ({"path": "/", "method": "POST", "text": "no json"}, 200, "/", "no json"),
        ({"path": "/", "headers": {"X-Status": "418"}}, 418, "/", ""),
    ],
)
def test_a_request_is_answered(
    place: str, wanted: Mapping[str, Any], status: int, path: str, body: Any
) -> None:
    answer = asyncio.run(request(place, wanted, 5.0))

    assert (answer["status"], answer["headers"]["x-path"]) == (status, path)
    assert answer["body"] == body


def test_a_port_that_nobody_listens_on_is_a_failure(place: str) -> None:
    answer = asyncio.run(request("http://127.0.0.1:1", {"path": "/"}, 5.0))

    assert "refused" in answer["failure"]
