"""Streams and their viewers."""

from __future__ import annotations

import json
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from websockets.sync.client import connect

from tests.mock_engine.modules.local import (
    ANNOUNCEMENT,
    bind,
    call_of,
    settle,
    until,
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


@pytest.mark.parametrize("answers", [True, False])
def test_nobody_is_admitted_before_the_auth_function_has_answered(answers: bool) -> None:
    answered = threading.Event()
    with (
        with_module("iii-stream", auth_function="a::auth") as engine,
        connect(engine.url) as worker,
    ):
        worker.recv(10)
        worker.send(ANNOUNCEMENT)
        worker.send(json.dumps({"type": "registerfunction", "id": "a::auth"}))
        engine.wait_for("a::auth")

        def view() -> bool:
            with connect(engine.stream_url):
                return answered.is_set()

        with ThreadPoolExecutor(1) as pool:
            admitted = pool.submit(view)
            call = call_of(worker)
            settle(engine)
            assert not admitted.done()
            ids = {name: call[name] for name in ("invocation_id", "function_id")}
            outcome = {"result": {}} if answers else {"error": {"code": "NO", "message": "no"}}
            answered.set()
            worker.send(json.dumps({"type": "invocationresult", **ids, **outcome}))
            assert admitted.result(10)


def test_a_viewer_that_gives_up_before_it_is_admitted_leaves_nothing() -> None:
    with (
        with_module("iii-stream", auth_function="a::auth") as engine,
        connect(engine.url) as worker,
    ):
        worker.recv(10)
        worker.send(ANNOUNCEMENT)
        worker.send(json.dumps({"type": "registerfunction", "id": "a::auth"}))
        engine.wait_for("a::auth")
        with pytest.raises(TimeoutError):
            connect(engine.stream_url, open_timeout=0.2)
        call_of(worker)
        module = engine._server.engine.modules["iii-stream"]

        until(lambda: module.viewers == 0)
