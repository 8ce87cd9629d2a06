"""The answers to requests that are not WebSocket upgrades, or not valid ones."""

from __future__ import annotations

import uuid

import httpx
import pytest

from mock_engine.testing import LocalEngine
from mock_engine.transcript import Request
from mock_engine.wire.handshakes import handshake_fault

UPGRADE = {
    "connection": "keep-alive, Upgrade",
    "upgrade": "WebSocket",
    "sec-websocket-key": "x",
    "sec-websocket-version": "13",
}


@pytest.mark.parametrize(
    ("method", "changes", "status", "body"),
    [
        ("GET", {"connection": "close"}, 400, "Connection header did not include 'upgrade'"),
        ("GET", {"upgrade": "h2c"}, 400, "`Upgrade` header did not include 'websocket'"),
        ("GET", {"sec-websocket-key": None}, 400, "`Sec-WebSocket-Key` header missing"),
        (
            "GET",
            {"sec-websocket-version": "8"},
            400,
            "`Sec-WebSocket-Version` header did not include '13'",
        ),
        ("HEAD", {}, 405, "Request method must be `GET`"),
        ("POST", {}, 405, ""),
    ],
)
def test_a_bad_upgrade_is_told_what_is_wrong(
    method: str, changes: dict[str, str | None], status: int, body: str
) -> None:
    headers = tuple((name, text) for name, text in (UPGRADE | changes).items() if text is not None)

    fault = handshake_fault(Request(method, "/", headers))

    assert fault is not None
    assert (fault.status, fault.body) == (status, body.encode())


def test_a_good_upgrade_is_told_nothing() -> None:
    assert handshake_fault(Request("GET", "/", tuple(UPGRADE.items()))) is None


@pytest.mark.parametrize(
    ("method", "target", "status", "body"),
    [
        ("GET", "", 400, "Failed to deserialize query string: missing field `key`"),
        ("GET", "?key=", 400, "Failed to deserialize query string: missing field `dir`"),
        (
            "GET",
            "?dir=up",
            400,
            "Failed to deserialize query string: "
            "dir: unknown variant `up`, expected `read` or `write`",
        ),
        ("GET", "?key=&dir=read", 400, "Connection header did not include 'upgrade'"),
        ("POST", "", 405, ""),
        ("GET", "/more", 404, ""),
    ],
)
def test_plain_requests_for_a_channel(method: str, target: str, status: int, body: str) -> None:
    with LocalEngine() as engine:
        place = engine.url.replace("ws://", "http://").rstrip("/")
        told = httpx.request(method, f"{place}/ws/channels/{uuid.uuid4()}{target}")

    assert (told.status_code, told.text) == (status, body)


@pytest.mark.parametrize(
    ("method", "path", "status"), [("GET", "/", 400), ("POST", "/", 405), ("GET", "/other", 404)]
)
def test_the_port_of_streams_has_one_path(method: str, path: str, status: int) -> None:
    options = {"name": "iii-stream", "config": {"port": 0}}
    with LocalEngine({"workers": [options]}) as engine:
        place = engine.stream_url.replace("ws://", "http://").rstrip("/")
        assert httpx.request(method, f"{place}{path}").status_code == status
