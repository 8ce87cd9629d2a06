"""Streams and their viewers."""

from __future__ import annotations

import json

import pytest
from websockets.sync.client import connect

from tests.mock_engine.modules.local import (
    ANNOUNCEMENT,
    bind,
    call_of,
    with_module,
)


def test_leaves_are_told_one_after_the_other() -> None:
    with with_module("iii-stream", port=0) as engine, connect(engine.url) as worker:
        worker.recv(10)
        worker.send(json.dumps({"type": "registerfunction", "id": "on::leave"}))
        worker.send(ANNOUNCEMENT)
        engine.wait_for("on::leave")
        bind(engine, "stream:leave", "on::leave", {})
        with connect(engine.stream_url) as viewer:
            for name in ("s1", "s2"):
                where = {"subscriptionId": name, "streamName": "s", "groupId": "g"}
                viewer.send(json.dumps({"type": "join", "data": where}))
                assert json.loads(viewer.recv(10))["event"] == {"type": "sync", "data": []}
        calls = [call_of(worker)]
        with pytest.raises(TimeoutError):
            worker.recv(0.05)
        ids = {name: calls[0][name] for name in ("invocation_id", "function_id")}
        worker.send(json.dumps({"type": "invocationresult", "result": None, **ids}))
        calls.append(call_of(worker))

    assert [call["data"]["subscription_id"] for call in calls] == ["s1", "s2"]
