"""The mock engine as the official SDKs meet it: each calls the functions of every module.

What is asserted is what the engine answered when the same was asked without an SDK: the fidelity
tests hold the engine to that. Here the question is whether an SDK gets as far.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from websockets.asyncio.client import connect

from tests.sdks.driving import COMMANDS, Client, Engine, client, engine

RECORD = "sdk::record"
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
    """Let the client register a function that keeps what it is given."""
    sdk.result("function", name=RECORD, reply=reply)


def bound(sdk: Client, kind: str, config: dict[str, Any], reply: Any = None) -> None:
    recorded(sdk, reply)
    sdk.result("trigger", kind=kind, function_id=RECORD, config=config)
    # The engine has read what came before a call that it answers.
    sdk.call("engine::functions::list", {})


def event(sdk: Client) -> Any:
    return sdk.result("next", name=RECORD)


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
    """As the real engine, the mock has no provider of its own for the action."""
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
    for level in ("trace", "debug", "info", "warn", "error"):
        sdk.call(f"engine::log::{level}", {"message": f"sdk {level}", "service_name": "sdk"})

    logs = sdk.call("engine::logs::list", {})["logs"]
    assert {f"sdk {level}" for level in ("info", "error")} <= {log["body"] for log in logs}
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
    assert sdk.call("engine::baggage::set", {"key": "k", "value": "v"}) == {"success": True}
    assert sdk.call("engine::baggage::get", {"key": "k"}) == {"value": None}
    assert sdk.call("engine::baggage::get_all", {}) == {"baggage": {}}
    assert sdk.call("engine::health::check", {})["status"] == "healthy"


def test_errors_keep_their_codes(sdk: Client) -> None:
    missing = sdk("call", function_id="nobody::home", payload={})
    malformed = sdk("call", function_id="state::get", payload={"scope": 5})

    assert missing["error"]["code"] == "function_not_found"
    assert malformed["error"]["code"]


def test_the_logger_of_the_sdk_reaches_the_engine(sdk: Client) -> None:
    sdk.result("log", message="from the logger")
