"""The mock engine as the official SDKs see it: each calls the functions of every module.

The expected values are the engine's answers without an SDK, which the fidelity tests check. Here
the question is whether an SDK gets the same ones.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from websockets.asyncio.client import connect

from tests.sdks.driving import COMMANDS, Client, Engine, client, engine

RECORD = "sdk::record"
BY_THE_SDK = {f"engine::{name}" for name in ("workers::register", "channels::create")}
"""Calls that an SDK makes by itself: when it connects, and when it opens a channel."""
DOOMED = {"topic": "doomed", "queue_config": {"maxRetries": 0}}
LOGGING = (
    "engine::log::trace",
    "engine::log::debug",
    "engine::log::info",
    "engine::log::warn",
    "engine::log::error",
)
PATIENCE = 20.0
"""In seconds."""
FOLLOWED = '{"type":"join","data":{"subscriptionId":"s","streamName":"news","groupId":"g"}}'


@pytest.fixture(scope="module", params=sorted(COMMANDS))
def at(request: pytest.FixtureRequest) -> Iterator[tuple[str, Engine]]:
    with engine() as there:
        yield request.param, there


@pytest.fixture
def sdk(at: tuple[str, Engine], tmp_path: Path) -> Iterator[Client]:
    name, there = at
    with client(name, there, tmp_path) as ready:
        yield ready


def recorded(sdk: Client, reply: Any = None) -> None:
    """Let the client register a function that records its calls.

    An SDK announces its worker at a time of its own choice, and the engine holds registrations
    until then.
    """
    sdk.result("function", name=RECORD, reply=reply)
    eventually(lambda: sdk.call("engine::functions::list", {}), lambda rows: RECORD in str(rows))


def bound(sdk: Client, kind: str, config: dict[str, Any], reply: Any = None) -> None:
    recorded(sdk, reply)
    sdk.result("trigger", kind=kind, function_id=RECORD, config=config)
    # Once a call is answered, the engine has read everything before it.
    sdk.call("engine::functions::list", {})


def event(sdk: Client) -> Any:
    return sdk.result("next", name=RECORD)


def eventually(ask: Callable[[], Any], enough: Callable[[Any], bool]) -> Any:
    """Ask until the answer is complete: what reaches the engine later causes no event."""
    began = time.monotonic()
    while not enough(found := ask()):
        assert time.monotonic() < began + PATIENCE, found
    return found


def test_state(sdk: Client) -> None:
    place = {"scope": "sdk", "key": "k"}
    ops = [{"type": "increment", "path": "n", "by": 2}]

    assert sdk.call("state::set", {**place, "value": {"n": 1}})["new_value"] == {"n": 1}
    assert sdk.call("state::get", place) == {"n": 1}
    assert sdk.call("state::update", {**place, "ops": ops})["new_value"] == {"n": 3}
    assert sdk.call("state::list", {"scope": "sdk"}) == [{"n": 3}]
    assert "sdk" in sdk.call("state::list_groups", {})["groups"]
    assert sdk.call("state::delete", place) == {"n": 3}
    assert sdk.call("state::get", place) is None


def test_state_triggers(sdk: Client) -> None:
    bound(sdk, "state", {"scope": "watched"})

    sdk.call("state::set", {"scope": "watched", "key": "k", "value": 5})

    told = event(sdk)
    assert (told["event_type"], told["key"], told["new_value"]) == ("state:created", "k", 5)


def test_streams(sdk: Client) -> None:
    group = {"stream_name": "news", "group_id": "g"}
    item = {**group, "item_id": "i"}
    ops = [{"type": "set", "path": "b", "value": 2}]

    assert sdk.call("stream::set", {**item, "data": {"a": 1}})["new_value"] == {"a": 1}
    assert sdk.call("stream::get", item) == {"a": 1}
    assert sdk.call("stream::update", {**item, "ops": ops})["new_value"] == {"a": 1, "b": 2}
    assert sdk.call("stream::list", group) == [{"a": 1, "b": 2}]
    assert sdk.call("stream::list_groups", {"stream_name": "news"}) == ["g"]
    assert sdk.call("stream::list_all", {})["count"] >= 1
    assert sdk.call("stream::delete", item)["old_value"] == {"a": 1, "b": 2}


def test_stream_triggers(sdk: Client) -> None:
    bound(sdk, "stream", {"stream_name": "watched"})

    item = {"stream_name": "watched", "group_id": "g", "item_id": "i"}
    sdk.call("stream::set", {**item, "data": 7})

    assert event(sdk)["event"] == {"type": "create", "data": 7}


def test_streams_are_followed_over_their_own_port(at: tuple[str, Engine], sdk: Client) -> None:
    async def followed() -> str:
        async with connect(at[1].streams) as socket, asyncio.timeout(20):
            await socket.send(FOLLOWED)
            await socket.recv()  # what is there already
            given = {"stream_name": "news", "group_id": "g", "type": "flash", "data": {"x": 1}}
            await asyncio.to_thread(sdk.call, "stream::send", given)
            return str(await socket.recv())

    assert '"flash"' in asyncio.run(followed())


def test_queues_by_topic(sdk: Client) -> None:
    bound(sdk, "durable:subscriber", {"topic": "orders"})

    sdk.call("iii::durable::publish", {"topic": "orders", "data": {"id": 7}})

    assert event(sdk) == {"id": 7}
    assert "orders" in str(sdk.call("engine::queue::list_topics", {}))
    assert sdk.call("engine::queue::topic_stats", {"topic": "orders"})


def test_queues_by_action(sdk: Client) -> None:
    """Like the real engine, the mock has no built-in provider for the action."""
    job = {"function_id": RECORD, "payload": {"id": 8}, "action": {"queue": "math"}}
    refused = sdk("call", **job)
    sdk.result("function", name="engine::queue::enqueue", reply=None)
    receipt = sdk.result("call", **job)
    queued = sdk.result("next", name="engine::queue::enqueue")

    assert refused["error"]["code"] == "enqueue_error"
    assert receipt["messageReceiptId"]
    assert (queued["queue"], queued["function_id"]) == ("math", RECORD)


def test_calls_that_nobody_waits_for(sdk: Client) -> None:
    recorded(sdk)

    assert sdk.call(RECORD, {"id": 9}, "void") is None
    assert event(sdk)["id"] == 9


def test_publish_and_subscribe(sdk: Client) -> None:
    bound(sdk, "subscribe", {"topic": "weather"})

    sdk.call("publish", {"topic": "weather", "data": {"sun": True}})

    assert event(sdk) == {"sun": True}


def test_cron(sdk: Client) -> None:
    bound(sdk, "cron", {"expression": "* * * * * *"})

    assert event(sdk)["trigger"] == "cron"


def test_http_triggers(at: tuple[str, Engine], sdk: Client) -> None:
    reply = {"status_code": 201, "headers": {"x-made": "yes"}, "body": {"made": 1}}
    bound(sdk, "http", {"api_path": "/items/:id", "http_method": "POST"}, reply)

    answer = httpx.post(f"{at[1].http}/items/5?full=1", json={"a": [1]}, trust_env=False)

    request = event(sdk)
    assert (answer.status_code, answer.json()) == (201, {"made": 1})
    assert answer.headers["x-made"] == "yes"
    assert request["path_params"] == {"id": "5"}
    assert request["query_params"] == {"full": "1"}
    assert request["body"] == {"a": [1]}


def test_functions_behind_urls(at: tuple[str, Engine], sdk: Client) -> None:
    bound(sdk, "http", {"api_path": "/behind", "http_method": "POST"}, {"body": {"seen": 1}})
    sdk.result("url", name="sdk::url", url=f"{at[1].http}/behind")

    assert sdk.call("sdk::url", {"a": 1}) == {"seen": 1}
    assert event(sdk)["body"]["a"] == 1


def test_channels(sdk: Client) -> None:
    text = "through a channel, " * 10_000

    assert sdk.result("channel", text=text) == text


def test_logs(sdk: Client) -> None:
    for function_id in LOGGING:
        sdk.call(function_id, {"message": f"by {function_id}", "service_name": "sdk"})

    logs = sdk.call("engine::logs::list", {})["logs"]
    assert {f"by {function_id}" for function_id in LOGGING} <= {log["body"] for log in logs}
    assert sdk.call("engine::logs::clear", {}) == {"success": True}


def test_log_triggers(sdk: Client) -> None:
    bound(sdk, "log", {"level": "warn"})

    sdk.call("engine::log::warn", {"message": "look", "service_name": "sdk"})

    assert event(sdk)["body"] == "look"


def test_discovery(sdk: Client) -> None:
    bound(sdk, "cron", {"expression": "0 0 0 1 1 *"})

    functions = sdk.call("engine::functions::list", {})["functions"]
    assert RECORD in {row["function_id"] for row in functions}
    assert sdk.call("engine::functions::info", {"function_id": RECORD})["function_id"] == RECORD
    workers = sdk.call("engine::workers::list", {})["workers"]
    (name,) = {row["name"] for row in workers if row["status"] == "connected"}
    assert sdk.call("engine::workers::info", {"name": name})["worker"]["name"] == name
    types = sdk.call("engine::triggers::list", {})["triggers"]
    assert {"http", "cron", "subscribe", "state", "stream"} <= {row["id"] for row in types}
    assert sdk.call("engine::triggers::info", {"id": "cron"})["id"] == "cron"
    (row,) = sdk.call("engine::registered-triggers::list", {"function_id": RECORD})[
        "registered_triggers"
    ]
    assert sdk.call("engine::registered-triggers::info", {"id": row["id"]})["id"] == row["id"]


def test_trigger_types_of_its_own(sdk: Client) -> None:
    recorded(sdk)
    sdk.result("kind", name="sdk-tick")

    given = {"trigger_type": "sdk-tick", "function_id": RECORD, "config": {"every": 3}}
    made = sdk.call("engine::register_trigger", given)

    assert sdk.result("next", name="sdk-tick") == {"function_id": RECORD, "config": {"every": 3}}
    assert sdk.call("engine::unregister_trigger", {"id": made["id"]})


def test_news_of_functions(sdk: Client) -> None:
    bound(sdk, "engine::functions-available", {})
    sdk.result("function", name="sdk::another", reply=1)

    assert "sdk::another" in str(event(sdk))


def test_baggage_and_health(sdk: Client) -> None:
    assert sdk.call("engine::baggage::set", {"key": "k", "value": "v"})["success"] is True
    assert sdk.call("engine::baggage::get", {"key": "k"}) == {"value": None}
    assert sdk.call("engine::baggage::get_all", {}) == {"baggage": {}}
    assert sdk.call("engine::health::check", {})["status"] == "healthy"


def test_errors_keep_their_codes(sdk: Client) -> None:
    missing = sdk("call", function_id="nobody::home", payload={})
    malformed = sdk("call", function_id="state::get", payload={"scope": 5})

    assert missing["error"]["code"] == "function_not_found"
    assert malformed["error"]["code"]


def test_dead_letters(sdk: Client) -> None:
    bound(sdk, "durable:subscriber", DOOMED, {"fail": "not today"})
    for number in (1, 2):
        sdk.call("iii::durable::publish", {"topic": "doomed", "data": number})
        assert event(sdk) == number

    queue = {"queue": "doomed"}
    second, first = eventually(  # the newest first
        lambda: sdk.call("engine::queue::dlq_messages", queue), lambda found: len(found) == 2
    )
    assert "doomed" in str(sdk.call("engine::queue::dlq_topics", {}))
    discarded = sdk.call("iii::queue::discard_message", {**queue, "message_id": first["id"]})
    assert discarded["message_id"] == first["id"]
    sdk.call("iii::queue::redrive_message", {**queue, "message_id": second["id"]})
    assert event(sdk) == 2
    eventually(
        lambda: sdk.call("engine::queue::dlq_messages", queue), lambda found: len(found) == 1
    )
    assert sdk.call("iii::queue::redrive", queue)["redriven"] == 1
    assert event(sdk) == 2


def test_values_by_index(sdk: Client) -> None:
    place = {"index": "sdk", "key": "k"}
    ops = [{"type": "merge", "value": {"b": 2}}]

    assert sdk.call("kv_server::set", {**place, "value": {"a": 1}})["new_value"] == {"a": 1}
    assert sdk.call("kv_server::get", place) == {"a": 1}
    assert sdk.call("kv_server::update", {**place, "ops": ops})["new_value"] == {"a": 1, "b": 2}
    assert sdk.call("kv_server::list", {"index": "sdk"}) == [{"a": 1, "b": 2}]
    assert sdk.call("kv_server::list_keys_with_prefix", {"prefix": "s"}) == ["sdk"]
    assert sdk.call("kv_server::delete", place) == {"a": 1, "b": 2}


def test_configuration(sdk: Client) -> None:
    entry = {"id": "sdk", "name": "sdk", "description": "of a client", "schema": {"type": "object"}}

    sdk.call("configuration::register", {**entry, "initial_value": {"a": 1}})
    assert sdk.call("configuration::get", {"id": "sdk"})["value"] == {"a": 1}
    sdk.call("configuration::set", {"id": "sdk", "value": {"a": 2}})
    assert sdk.call("configuration::get", {"id": "sdk"})["value"] == {"a": 2}
    assert sdk.call("configuration::schema", {"id": "sdk"})["schema"] == {"type": "object"}
    assert "sdk" in {row["id"] for row in sdk.call("configuration::list", {})["configurations"]}


def test_the_telemetry_of_the_sdk_reaches_the_engine(sdk: Client) -> None:
    recorded(sdk)
    sdk.call(RECORD, {})
    sdk.result("log", message="from the logger")

    eventually(
        lambda: sdk.call("engine::logs::list", {})["logs"],
        lambda logs: any(log["body"] == "from the logger" for log in logs),
    )
    spans = eventually(lambda: sdk.call("engine::traces::list", {})["spans"], bool)
    trace = {"trace_id": spans[0]["trace_id"]}
    assert sdk.call("engine::traces::tree", trace)["roots"]
    assert sdk.call("engine::traces::spans", trace)["spans"]
    assert sdk.call("engine::traces::group_by", {"attribute": "service.name"})
    assert "sdk_metrics" in sdk.call("engine::metrics::list", {})
    assert sdk.call("engine::traces::clear", {}) == {"success": True}


def test_what_is_told_of_telemetry(sdk: Client) -> None:
    assert sdk.call("engine::rollups::list", {})["rollups"] == []
    assert sdk.call("engine::sampling::rules", {})["rules"] == []
    assert sdk.call("engine::alerts::list", {}) == {"alerts": []}
    assert sdk.call("engine::alerts::evaluate", {})["triggered"] == []


def test_every_function_of_the_engine_is_called_here(sdk: Client) -> None:
    rows = sdk.call("engine::functions::list", {"include_internal": True})["functions"]
    called = Path(__file__).read_text()

    missing = {row["function_id"] for row in rows if f'"{row["function_id"]}"' not in called}
    # The engine itself calls these when a configuration changes.
    missing = {name for name in missing if not name.endswith("::on-config-change")}
    assert missing == BY_THE_SDK
