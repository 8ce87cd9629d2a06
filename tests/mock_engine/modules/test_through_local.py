"""Modules as a caller meets them, through the blocking engine."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import httpx
import pytest
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect

from mock_engine.core.generations import FUNCTIONS
from mock_engine.testing import FunctionFailed, LocalEngine

NAMES = ("iii-http", "iii-state", "iii-queue", "iii-pubsub", "iii-kv")


@pytest.fixture
def engine() -> Iterator[LocalEngine]:
    with LocalEngine({"workers": [{"name": name} for name in NAMES]}) as engine:
        yield engine


def with_module(name: str, **options: Any) -> LocalEngine:
    return LocalEngine({"workers": [{"name": name, "config": options}]})


def bind(engine: LocalEngine, trigger_type: str, function_id: str, config: Any) -> Any:
    data = {"trigger_type": trigger_type, "function_id": function_id, "config": config}
    return engine.invoke("engine::register_trigger", data)


ANNOUNCEMENT = json.dumps(
    {"type": "invokefunction", "function_id": "engine::workers::register", "data": {}}
)


def call_of(worker: ClientConnection) -> Any:
    """The next message, which is a call."""
    call = json.loads(worker.recv(10))
    assert call["type"] == "invokefunction"
    return call


def until(condition: Callable[[], object]) -> None:
    end = time.monotonic() + 10
    while not condition():
        assert time.monotonic() < end, "it did not come to pass"
        time.sleep(0.01)


def code_of(engine: LocalEngine, function_id: str, data: Any) -> str:
    with pytest.raises(FunctionFailed) as failed:
        engine.invoke(function_id, data)
    return failed.value.code


# -- triggers whose config cannot be read ----------------------------------------------------------


@pytest.mark.parametrize(
    ("trigger_type", "config", "complaint"),
    [
        (
            "state",
            {"scope": 123},
            "Failed to parse trigger config: invalid type: integer `123`, expected a string",
        ),
        (
            "state",
            None,
            "Failed to parse trigger config: "
            "invalid type: null, expected struct StateTriggerConfig",
        ),
        (
            "configuration",
            {"event_types": "x"},
            "Failed to parse configuration trigger config: "
            'invalid type: string "x", expected a sequence',
        ),
    ],
)
def test_a_trigger_config_of_the_wrong_type_is_told_as_serde_does(
    engine: LocalEngine, trigger_type: str, config: Any, complaint: str
) -> None:
    with connect(engine.url) as socket:
        socket.recv(10)
        message = {"type": "registertrigger", "id": "t", "function_id": "a::b"}
        socket.send(json.dumps(message | {"trigger_type": trigger_type, "config": config}))
        answer = json.loads(socket.recv(10))

    assert answer["type"] == "triggerregistrationresult"
    assert answer["error"] == {"code": "trigger_registration_failed", "message": complaint}


# -- state -----------------------------------------------------------------------------------------


def test_state_tells_nothing_when_its_triggers_are_off() -> None:
    seen: list[Any] = []
    with with_module("iii-state", triggers_enabled=False) as engine:
        engine.serve("a::b", seen.append)
        bind(engine, "state", "a::b", {})
        engine.invoke("state::set", {"scope": "s", "key": "k", "value": 1})
        time.sleep(0.05)

    assert seen == []


def test_only_set_is_bound_by_the_greatest_size_of_a_value() -> None:
    with with_module("iii-state", max_value_bytes=5) as engine:
        given = {"scope": "s", "key": "k"}
        with pytest.raises(FunctionFailed) as failed:
            engine.invoke("state::set", given | {"value": "123456"})
        operation = {"type": "set", "path": "a", "value": "123456"}
        changed = engine.invoke("state::update", given | {"ops": [operation]})

    text = "value of 8 bytes exceeds the configured max_value_bytes limit of 5"
    assert (failed.value.code, str(failed.value)) == ("VALUE_TOO_LARGE", f"VALUE_TOO_LARGE: {text}")
    assert changed["new_value"] == {"a": "123456"}


# -- queues ----------------------------------------------------------------------------------------


class Orders:
    """An engine with a named queue, and the function that its jobs are for."""

    def __init__(self, engine: LocalEngine) -> None:
        self.engine = engine
        self.seen: list[Any] = []
        self.fails = False
        engine.serve("orders::take", self.take)

    def take(self, data: Any) -> None:
        self.seen.append(data)
        if self.fails:
            raise FunctionFailed("no", "not now")

    def put(self, queue: str, data: Any) -> Any:
        job = {"queue": queue, "function_id": "orders::take", "data": data}
        return self.engine.invoke("engine::queue::enqueue", job)


@pytest.fixture
def orders() -> Iterator[Orders]:
    settings = {"max_retries": 2, "backoff_ms": 1}
    queues = {"plain": settings, "row": settings | {"type": "fifo", "message_group_field": "of"}}
    with with_module("iii-queue", queue_configs=queues) as engine:
        yield Orders(engine)


def test_a_named_queue_delivers_and_gives_a_receipt(orders: Orders) -> None:
    receipt = orders.put("plain", {"n": 1})

    until(lambda: orders.seen)
    assert orders.seen == [{"n": 1}]
    assert set(receipt) == {"messageReceiptId"}


def test_a_named_queue_keeps_the_order(orders: Orders) -> None:
    for number in range(20):
        orders.put("row", {"of": "x", "n": number})

    until(lambda: len(orders.seen) == 20)
    assert [job["n"] for job in orders.seen] == list(range(20))


def test_what_fails_too_often_is_a_dead_letter_and_can_be_redriven(orders: Orders) -> None:
    orders.fails = True
    orders.put("plain", 1)
    dead = {"topic": "plain"}
    until(lambda: orders.engine.invoke("engine::queue::dlq_messages", dead))
    (letter,) = orders.engine.invoke("engine::queue::dlq_messages", dead)
    orders.fails = False
    redriven = orders.engine.invoke("iii::queue::redrive", {"queue": "plain"})

    until(lambda: len(orders.seen) == 3)
    assert letter["retries"] == 2
    assert redriven == {"queue": "plain", "redriven": 1}
    assert orders.engine.invoke("engine::queue::dlq_messages", dead) == []


def test_a_job_that_no_queue_can_take_is_refused(orders: Orders) -> None:
    with pytest.raises(FunctionFailed, match="Queue 'none' not found"):
        orders.put("none", {})
    with pytest.raises(FunctionFailed, match="requires field 'of'"):
        orders.put("row", {})


def test_named_queues_are_among_the_topics(orders: Orders) -> None:
    names = [topic["name"] for topic in orders.engine.invoke("engine::queue::list_topics", {})]
    stats = orders.engine.invoke("engine::queue::topic_stats", {"topic": "plain"})

    assert names == ["default", "plain", "row"]
    assert stats["consumer_count"] == 10


def test_without_named_queues_nobody_serves_the_action(engine: LocalEngine) -> None:
    assert code_of(engine, "engine::queue::enqueue", {}) == "function_not_found"


def test_a_setting_of_the_wrong_type_is_as_if_it_were_absent(engine: LocalEngine) -> None:
    seen: list[Any] = []

    def fail(data: Any) -> None:
        seen.append(data)
        raise FunctionFailed("no", "not now")

    engine.serve("a::b", fail)
    queue = {"maxRetries": "5", "concurrency": -1, "backoffDelayMs": 1, "max_retries": 9}
    bind(engine, "durable:subscriber", "a::b", {"topic": "t", "queue_config": queue})
    engine.invoke("iii::durable::publish", {"topic": "t", "data": 1})
    until(lambda: engine.invoke("engine::queue::dlq_messages", {"topic": "t"}))

    assert len(seen) == 3


def test_a_condition_that_fails_is_the_error_of_the_job(engine: LocalEngine) -> None:
    def fail(data: Any) -> None:
        raise FunctionFailed("no", str(data))

    engine.serve("a::b", lambda data: data)
    engine.serve("a::if", fail)
    queue = {"maxRetries": 0, "backoffDelayMs": 1}
    config = {"topic": "t", "queue_config": queue, "condition_function_id": "a::if"}
    bind(engine, "durable:subscriber", "a::b", config)
    engine.invoke("iii::durable::publish", {"topic": "t", "data": 1})
    until(lambda: engine.invoke("engine::queue::dlq_messages", {"topic": "t"}))
    (letter,) = engine.invoke("engine::queue::dlq_messages", {"topic": "t"})

    assert letter["error"] == (
        'Condition function error: ErrorBody { code: "no", message: "1", stacktrace: None }'
    )


def test_a_topic_without_subscribers_counts_what_nobody_gets(engine: LocalEngine) -> None:
    for number in range(2):
        engine.invoke("iii::durable::publish", {"topic": "t", "data": number})

    stats = {"config": None, "consumer_count": 0, "depth": 2, "dlq_depth": 0}
    assert engine.invoke("engine::queue::topic_stats", {"topic": "t"}) == stats


def test_dead_letters_are_told_newest_first_and_only_while_somebody_subscribes(
    engine: LocalEngine,
) -> None:
    def refuse(data: Any) -> None:
        raise FunctionFailed("E", "no")

    engine.serve("a::b", refuse)
    config = {"topic": "t", "queue_config": {"maxRetries": 0}}
    trigger = bind(engine, "durable:subscriber", "a::b", config)
    dead: list[Any] = []

    def count() -> int:
        dead[:] = engine.invoke("engine::queue::dlq_messages", {"topic": "t"})
        return len(dead)

    for number in range(2):
        engine.invoke("iii::durable::publish", {"topic": "t", "data": number})
        until(lambda number=number: count() == number + 1)  # type: ignore[misc]
    engine.invoke("engine::unregister_trigger", trigger)

    assert [letter["payload"] for letter in dead] == [1, 0]
    assert count() == 0
    assert engine.invoke("iii::queue::redrive", {"queue": "t"})["redriven"] == 0
    bind(engine, "durable:subscriber", "a::b", config)
    assert count() == 2


# -- http ------------------------------------------------------------------------------------------


def test_http_options_that_only_the_documentation_knows() -> None:
    options = {
        "not_found_function": "http::none",
        "request_id_header": "x-request-id",
        "ignore_trailing_slash": True,
    }

    def missing(request: Mapping[str, Any]) -> Any:
        body = {"path": request["path"], "id": request["headers"]["x-request-id"]}
        return {"status_code": 404, "body": body}

    with with_module("iii-http", **options) as engine:
        engine.serve("http::none", missing)
        engine.serve("a::b", lambda request: {"status_code": 200, "body": request["path_params"]})
        bind(engine, "http", "a::b", {"api_path": "users/:id"})
        found = httpx.get(f"{engine.http_url}/users/5/")
        lost = httpx.get(f"{engine.http_url}/none", headers={"x-request-id": "r1"})

    assert found.json() == {"id": "5"}
    assert found.headers["x-request-id"]
    assert lost.status_code == 404
    assert lost.json() == {"path": "/none", "id": "r1"}
    assert lost.headers["x-request-id"] == "r1"


@pytest.mark.parametrize(("method", "status"), [(5, 200), ("TRACE", 404)])
def test_an_odd_method_is_get_and_an_unserved_one_is_never_reached(
    engine: LocalEngine, method: Any, status: int
) -> None:
    engine.serve("a::b", lambda request: {"status_code": 200})
    bind(engine, "http", "a::b", {"api_path": "x", "http_method": method})

    assert httpx.get(f"{engine.http_url}/x").status_code == status


def test_an_answer_that_is_not_final_is_a_failure_without_a_body(engine: LocalEngine) -> None:
    engine.serve("a::b", lambda request: {"status_code": 103, "body": "x"})
    bind(engine, "http", "a::b", {"api_path": "x"})

    told = httpx.get(f"{engine.http_url}/x")

    assert (told.status_code, told.content, "vary" in told.headers) == (500, b"", False)


@pytest.mark.parametrize("sent", ["[" * 128 + "]" * 128, '{"a": 1e999}'])
def test_a_body_that_the_engine_cannot_read_is_null(engine: LocalEngine, sent: str) -> None:
    seen: list[Any] = []
    engine.serve("a::b", lambda request: seen.append(request["body"]) or {})
    bind(engine, "http", "a::b", {"api_path": "x", "http_method": "POST"})
    kind = {"content-type": "application/json"}

    httpx.post(f"{engine.http_url}/x", content=sent, headers=kind)
    httpx.post(f"{engine.http_url}/x", content=f"{1 << 64}", headers=kind)

    assert seen == [None, float(1 << 64)]


# -- cron ------------------------------------------------------------------------------------------


def test_an_empty_expression_is_none() -> None:
    with with_module("iii-cron") as engine, pytest.raises(FunctionFailed) as failed:
        bind(engine, "cron", "a::b", {"expression": ""})

    assert "Cron expression is required" in str(failed.value)


# -- streams ---------------------------------------------------------------------------------------


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


# -- older generations -----------------------------------------------------------------------------


def test_the_key_value_store_of_older_engines(engine: LocalEngine) -> None:
    at = {"index": "i", "key": "k"}
    assert engine.invoke("kv_server::get", at) is None
    assert engine.invoke("kv_server::set", at | {"value": {"n": 1}}) == {
        "old_value": None,
        "new_value": {"n": 1},
    }
    changed = engine.invoke(
        "kv_server::update", at | {"ops": [{"type": "increment", "path": "n", "by": 2}]}
    )
    assert changed["new_value"] == {"n": 3}
    assert engine.invoke("kv_server::list", {"index": "i"}) == [{"n": 3}]
    assert engine.invoke("kv_server::list_keys_with_prefix", {"prefix": "i"}) == ["i"]
    assert engine.invoke("kv_server::delete", at) == {"n": 3}
    assert engine.invoke("kv_server::list", {"index": "i"}) == []


@pytest.mark.parametrize(
    ("trigger_type", "function_id"),
    [("queue", "enqueue"), ("queue", "iii::queue::publish"), ("subscribe", "iii::pubsub::publish")],
)
def test_older_names_stand_for_the_newer_ones(
    engine: LocalEngine, trigger_type: str, function_id: str
) -> None:
    seen: list[Any] = []
    engine.serve("a::b", seen.append)
    bind(engine, trigger_type, "a::b", {"topic": "t"})
    engine.invoke(function_id, {"topic": "t", "data": {"n": 1}})

    until(lambda: seen)
    assert seen == [{"n": 1}]


def test_older_names_are_in_no_list(engine: LocalEngine) -> None:
    listed = engine.functions()

    assert not {renamed.older for renamed in FUNCTIONS} & set(listed)


# -- the configuration module ----------------------------------------------------------------------

ENTRY = {
    "id": "shop",
    "name": "Shop",
    "description": "d",
    "schema": {"type": "object", "properties": {"n": {"type": "integer"}}},
    "initial_value": {"n": 1},
}


def test_an_entry_is_registered_read_and_changed(engine: LocalEngine) -> None:
    events: list[Any] = []
    engine.serve("a::b", events.append)
    bind(engine, "configuration", "a::b", {"configuration_id": "shop"})
    engine.invoke("configuration::register", ENTRY)
    changed = engine.invoke("configuration::set", {"id": "shop", "value": {"n": 2}})

    until(lambda: len(events) == 2)
    assert changed == {"old_value": {"n": 1}, "new_value": {"n": 2}}
    assert engine.invoke("configuration::get", {"id": "shop"}) == {"id": "shop", "value": {"n": 2}}
    assert [event["event_type"] for event in events] == [
        "configuration:registered",
        "configuration:updated",
    ]
    assert (events[1]["old_value"], events[1]["new_value"]) == ({"n": 1}, {"n": 2})


def test_no_event_type_wanted_is_no_event(engine: LocalEngine) -> None:
    events: list[Any] = []
    engine.serve("a::b", events.append)
    bind(engine, "configuration", "a::b", {"event_types": []})
    engine.invoke("configuration::register", ENTRY)
    time.sleep(0.05)

    assert events == []


@pytest.mark.parametrize(
    ("function_id", "data", "code"),
    [
        ("configuration::get", {"id": "none"}, "NOT_FOUND"),
        ("configuration::set", {"id": "none", "value": 1}, "NOT_REGISTERED"),
        ("configuration::register", ENTRY | {"id": "No Name"}, "INVALID_ID"),
        ("configuration::get", {}, "deserialization_error"),
    ],
)
def test_what_cannot_be_done_with_an_entry(
    engine: LocalEngine, function_id: str, data: Any, code: str
) -> None:
    assert code_of(engine, function_id, data) == code


def test_a_value_is_held_to_its_schema(engine: LocalEngine) -> None:
    engine.invoke("configuration::register", ENTRY)
    with pytest.raises(FunctionFailed):
        engine.invoke("configuration::set", {"id": "shop", "value": {"n": "x"}})

    assert engine.invoke("configuration::get", {"id": "shop"})["value"] == {"n": 1}


def test_variables_are_filled_in_unless_the_raw_value_is_wanted(
    engine: LocalEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SHOP_NAME", "x")
    value = {"name": "${SHOP_NAME}", "other": "${SHOP_NONE:5}"}
    engine.invoke("configuration::register", ENTRY | {"schema": {}, "initial_value": value})

    assert engine.invoke("configuration::get", {"id": "shop"})["value"]["name"] == "x"
    assert engine.invoke("configuration::get", {"id": "shop", "raw": True})["value"] == value


def test_the_modules_of_the_engine_have_entries(engine: LocalEngine) -> None:
    listed = engine.invoke("configuration::list", {})["configurations"]

    assert "iii-queue" in [entry["id"] for entry in listed]
    assert all("value" not in entry for entry in listed)


# -- telemetry -------------------------------------------------------------------------------------

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


# -- channels --------------------------------------------------------------------------------------


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


# -- logs ------------------------------------------------------------------------------------------


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
    time.sleep(0.05)
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
