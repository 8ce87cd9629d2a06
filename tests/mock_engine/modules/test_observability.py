"""The telemetry that workers report, and the engine's own log."""

from __future__ import annotations

import json
from typing import Any

import pytest
from websockets.sync.client import ClientConnection, connect

from mock_engine.testing import LocalEngine
from tests.mock_engine.modules.local import (
    bind,
    settle,
    until,
    with_module,
)

SPAN = {
    "traceId": "a" * 32,
    "spanId": "b" * 16,
    "name": "work",
    "startTimeUnixNano": "1000000",
    "endTimeUnixNano": "3000000",
    "status": {"code": 2, "message": "no"},
    "attributes": [{"key": "k", "value": {"intValue": "5"}}],
}
SERVICE = {"attributes": [{"key": "service.name", "value": {"stringValue": "shop"}}]}
SPANS = {"resourceSpans": [{"resource": SERVICE, "scopeSpans": [{"spans": [SPAN]}]}]}
METRIC = {"name": "jobs", "sum": {"dataPoints": [{"asInt": "3"}]}}
METRICS = {"resourceMetrics": [{"resource": SERVICE, "scopeMetrics": [{"metrics": [METRIC]}]}]}
RECORD = {"severityText": "INFO", "severityNumber": 9, "body": {"stringValue": "hello"}}
LOGS = {"resourceLogs": [{"resource": SERVICE, "scopeLogs": [{"logRecords": [RECORD]}]}]}


@pytest.mark.parametrize("path", ["/otel", "/"])
def test_what_workers_report_is_kept_and_told(engine: LocalEngine, path: str) -> None:
    with connect(engine.url.rstrip("/") + path) as socket:
        for prefix, body in ((b"OTLP", SPANS), (b"MTRC", METRICS), (b"LOGS", LOGS)):
            socket.send(prefix + json.dumps(body).encode())
        until(lambda: engine.telemetry()["logs"])
    kept = engine.telemetry()

    (span,) = kept["spans"]
    assert (span["name"], span["status"], span["service_name"]) == ("work", "error", "shop")
    assert kept["metrics"][0]["name"] == "jobs"
    assert kept["logs"][0]["body"] == "hello"
    listed = engine.invoke("engine::traces::list", {"trace_id": "a" * 32})
    assert [span["name"] for span in listed["spans"]] == ["work"]
    tree = engine.invoke("engine::traces::tree", {"trace_id": "a" * 32})
    assert [root["name"] for root in tree["roots"]] == ["work"]
    assert engine.invoke("engine::metrics::list", {})["sdk_metrics"][0]["name"] == "jobs"
    engine.invoke("engine::traces::clear", {})
    assert engine.invoke("engine::traces::list", {})["spans"] == []


def test_a_broken_report_is_dropped(engine: LocalEngine) -> None:
    with connect(engine.url.rstrip("/") + "/otel") as socket:
        socket.send(b"OTLP{")
        socket.send(b"NOPE{}")
        socket.send(b"OTLP" + json.dumps({"resourceSpans": 5}).encode())
        socket.send(b"LOGS" + json.dumps(LOGS).encode())
        until(lambda: engine.telemetry()["logs"])

    assert engine.telemetry()["spans"] == []


def test_only_so_many_spans_are_kept() -> None:
    with with_module("iii-observability", enabled=True, memory_max_spans=2) as engine:
        with connect(engine.url.rstrip("/") + "/otel") as socket:
            for _ in range(5):
                socket.send(b"OTLP" + json.dumps(SPANS).encode())
            socket.send(b"LOGS" + json.dumps(LOGS).encode())
            until(lambda: engine.telemetry()["logs"])
        assert len(engine.telemetry()["spans"]) == 2


@pytest.mark.parametrize(("level", "times"), [("error", 2), ("debug", 1)])
def test_a_log_call_fires_twice_when_the_engine_prints_it(
    engine: LocalEngine, level: str, times: int
) -> None:
    seen: list[Any] = []
    engine.serve("a::b", seen.append)
    bind(engine, "log", "a::b", {"level": level})
    engine.invoke("engine::log::trace", {"message": "another level"})
    engine.invoke(f"engine::log::{level}", {"message": "m", "data": "no object", "trace_id": "t"})

    until(lambda: len(seen) >= times)
    settle(engine)
    scopes = sorted(record["instrumentation_scope_name"] for record in seen)
    assert scopes == ["iii", "tracing"][:times]
    assert {record["body"] for record in seen} == {"m"}
    (stored,) = engine.invoke("engine::logs::list", {"trace_id": "t"})["logs"]
    assert stored["attributes"] == {}


def test_no_log_is_kept_when_none_is_sampled() -> None:
    with with_module("iii-observability", logs_sampling_ratio=0) as engine:
        engine.invoke("engine::log::info", {"message": "m"})

        assert engine.invoke("engine::logs::list", {})["logs"] == []


def test_whoever_watches_traces_is_told_which_ones_have_new_spans(engine: LocalEngine) -> None:
    seen: list[Any] = []
    engine.serve("a::b", seen.append)
    bind(engine, "trace", "a::b", {"service_name": "SHOP", "status": "error"})
    engine.serve("a::c", seen.append)
    bind(engine, "trace", "a::c", {"service_name": "other"})
    with connect(engine.url.rstrip("/") + "/otel") as socket:
        socket.send(b"OTLP" + json.dumps(SPANS).encode())
        until(lambda: seen)

    assert seen == [{"trace_ids": ["a" * 32]}]


TRACE, CALLER = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"


def say(worker: ClientConnection, function_id: str, data: Any, **more: Any) -> Any:
    """Call a function over a worker's connection, and return the result."""
    ids = {"invocation_id": "5b0d5b2e-0000-4000-8000-000000000001", "function_id": function_id}
    worker.send(json.dumps({"type": "invokefunction", "data": data, **ids, **more}))
    while (answer := json.loads(worker.recv(10)))["type"] != "invocationresult":
        pass
    return answer.get("result")


def test_baggage_functions_see_the_baggage_of_their_caller() -> None:
    baggage = {"baggage": "user=ada%20l,k=v;ttl=1"}
    with LocalEngine() as engine, connect(engine.url) as worker:
        assert say(worker, "engine::baggage::get", {"key": "user"}, **baggage) == {"value": "ada l"}
        assert say(worker, "engine::baggage::get", {"key": "none"}, **baggage) == {"value": None}
        assert say(worker, "engine::baggage::get_all", {}, **baggage) == {
            "baggage": {"user": "ada l", "k": "v"}
        }
        assert say(worker, "engine::baggage::get_all", {}) == {"baggage": {}}


@pytest.mark.parametrize("traced", [True, False])
def test_a_log_trigger_has_the_trace_of_the_call_that_logged(traced: bool) -> None:
    seen: list[Any] = []
    with LocalEngine() as engine, connect(engine.url) as worker:
        engine.serve("a::b", seen.append)
        bind(engine, "log", "a::b", {})
        trace = {"traceparent": f"00-{TRACE}-{CALLER}-01"} if traced else {}
        say(worker, "engine::log::info", {"message": "hello"}, **trace)
        until(lambda: len(seen) == 2)

    assert [record["trace_id"] for record in seen] == [TRACE if traced else None] * 2
    assert (seen[0]["span_id"] == CALLER) is traced
    assert (seen[1]["span_id"] is not None) is traced
