"""The blocking engine, driven as a test of a worker would."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect

from mock_engine.config import ConfigError
from mock_engine.faults import Close, Delay, Reset, UnreadableError
from mock_engine.testing import FunctionFailed, LocalEngine, Overdue
from mock_engine.transcript import Direction, FaultInjected


@pytest.fixture
def engine() -> Iterator[LocalEngine]:
    with LocalEngine() as engine:
        yield engine


class Worker:
    """A hand-driven worker."""

    def __init__(self, socket: ClientConnection) -> None:
        self.socket = socket
        self.greeting = self.next()
        self.send("invokefunction", function_id="engine::workers::register", data={"name": "w"})

    def send(self, kind: str, **fields: Any) -> None:
        self.socket.send(json.dumps({"type": kind, **fields}))

    def next(self) -> dict[str, Any]:
        message: dict[str, Any] = json.loads(self.socket.recv(10))
        return message

    def call(self, function_id: str, data: Any) -> dict[str, Any]:
        known = "0b0e3a8e-8f0a-4c52-9d7c-3d1f7f6c0a11"
        self.send("invokefunction", function_id=function_id, data=data, invocation_id=known)
        return self.next()


@pytest.fixture
def worker(engine: LocalEngine) -> Iterator[Worker]:
    with connect(engine.url) as socket:
        yield Worker(socket)


def test_a_worker_is_called_and_answers(engine: LocalEngine, worker: Worker) -> None:
    import threading

    def answer() -> None:
        call = worker.next()
        data = call["data"]
        assert data.pop("_caller_worker_id")
        told = {"result": data} if data["ok"] else {"error": {"code": "no", "message": "thanks"}}
        names = {key: call[key] for key in ("invocation_id", "function_id")}
        worker.send("invocationresult", **names, **told)

    worker.send("registerfunction", id="echo")
    engine.wait_for("echo")
    assert engine.functions() == ["echo"]
    for ok in (True, False):
        thread = threading.Thread(target=answer)
        thread.start()
        if ok:
            assert engine.invoke("echo", {"ok": True}) == {"ok": True}
        else:
            with pytest.raises(FunctionFailed, match="no: thanks"):
                engine.invoke("echo", {"ok": False})
        thread.join()


def test_what_does_not_come_is_told(engine: LocalEngine, worker: Worker) -> None:
    worker.send("registerfunction", id="there")
    engine.wait_for("there")

    with pytest.raises(Overdue, match=r"not registered within 0.01 s: here; registered: there\n"):
        engine.wait_for("here", within=0.01)
    with pytest.raises(Overdue, match=r"there did not answer within 0.01 s"):
        engine.invoke("there", within=0.01)
    with pytest.raises(Overdue, match=r'no message pong with \{"x": 1\} within'):
        engine.expect("pong", x=1, within=0.01)
    with pytest.raises(Overdue, match="no trigger http for there"):
        engine.wait_for_trigger("http", "there", within=0.01)


def test_functions_of_the_engine_are_called(engine: LocalEngine) -> None:
    assert engine.invoke("engine::health::check", {})["status"]
    with pytest.raises(FunctionFailed, match="function_not_found"):
        engine.invoke("nothing")


def test_the_test_serves_functions(engine: LocalEngine, worker: Worker) -> None:
    def fail(data: Any) -> Any:
        raise FunctionFailed("REFUSED", "not you")

    engine.serve("double", lambda data: data["x"] * 2)
    engine.serve("fail", fail)
    engine.serve("crash", lambda data: data["absent"])
    assert engine.functions() == ["crash", "double", "fail"]

    assert worker.call("double", {"x": 4})["result"] == 8
    assert worker.call("fail", {})["error"] == {"code": "REFUSED", "message": "not you"}
    assert worker.call("crash", {})["error"]["code"] == "invocation_failed"
    engine.withdraw("double")
    assert worker.call("double", {})["error"]["code"] == "function_not_found"


def test_messages_are_expected_once_each(engine: LocalEngine, worker: Worker) -> None:
    worker.send("registerfunction", id="a", metadata={"x": 1, "y": 2})
    worker.send("registerfunction", id="b")

    assert engine.expect("registerfunction", metadata={"x": 1})["id"] == "a"
    assert engine.expect("registerfunction")["id"] == "b"
    assert [m["id"] for m in engine.messages("registerfunction")] == ["a", "b"]
    greetings = engine.messages("workerregistered", direction=Direction.FROM_ENGINE)
    assert greetings == [worker.greeting]


def test_messages_and_faults_are_injected(engine: LocalEngine, worker: Worker) -> None:
    (number,) = engine.connections()
    engine.inject({"type": "future"})
    assert worker.next() == {"type": "future"}
    engine.inject("no json", connection=number)
    engine.inject(b"\x00")
    assert [worker.socket.recv(10), worker.socket.recv(10)] == ["no json", b"\x00"]

    engine.fault(Close(1001), connection=number)
    with pytest.raises(ConnectionClosed) as closed:
        worker.socket.recv(10)
    assert closed.value.rcvd is not None
    assert closed.value.rcvd.code == 1001
    assert [t.fault for t in engine.transcript if isinstance(t, FaultInjected)] == [
        'close {"code":1001}'
    ]


def test_a_schedule_is_played(engine: LocalEngine) -> None:
    engine.play([{"do": {"swallow": None}, "when": {"sent": {"type": "workerregistered"}}}])
    with connect(engine.url) as socket:
        socket.send('{"type":"ping"}')
        assert json.loads(socket.recv(10)) == {"type": "pong"}
    engine.play(())
    with connect(engine.url) as socket:
        assert json.loads(socket.recv(10))["type"] == "workerregistered"


def test_misuse_is_told(engine: LocalEngine) -> None:
    with pytest.raises(ValueError, match="no open connection has the number 7"):
        engine.fault(Reset(), connection=7)
    with pytest.raises(UnreadableError, match="did you mean `reset`"):
        engine.play([{"do": "rset"}])
    with pytest.raises(RuntimeError, match="runs already"):
        engine.start()
    with pytest.raises(RuntimeError, match="does not run"):
        LocalEngine().invoke("x")
    with pytest.raises(ConfigError, match="the configuration:1:"):
        LocalEngine({"prt": 1})
    LocalEngine().stop()


def test_a_fault_of_frames_needs_a_schedule(engine: LocalEngine, worker: Worker) -> None:
    with pytest.raises(ValueError, match="put it in a schedule"):
        engine.fault(Delay(1))


def test_a_port_that_is_taken_is_told(engine: LocalEngine) -> None:
    taken = int(engine.url.rpartition(":")[2])
    with pytest.raises(OSError, match="in use"):
        LocalEngine(port=taken).start()


def test_modules_are_configured(tmp_path: Path) -> None:
    file = tmp_path / "config.yaml"
    file.write_text("workers: [{name: iii-http}, {name: iii-stream}]")
    with LocalEngine(file) as engine, connect(engine.url) as socket:
        assert httpx.get(engine.http_url + "/nothing").status_code == 404
        assert engine.stream_url.startswith("ws://127.0.0.1:")
        config = {"api_path": "/f", "http_method": "GET"}
        bound = {"id": "t", "trigger_type": "http", "function_id": "f", "config": config}
        Worker(socket).send("registertrigger", **bound)
        engine.wait_for_trigger("http", "f")
    with LocalEngine({"workers": [{"name": "iii-state"}]}) as engine:
        engine.invoke("state::set", {"scope": "s", "key": "k", "value": 1})
        assert engine.invoke("state::get", {"scope": "s", "key": "k"}) == 1
        assert engine.urls == [engine.url]
