"""Modules on a real Redis server, and two engines that share it."""

from __future__ import annotations

import json
import shutil
import socket
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack
from functools import partial
from typing import Any

import pytest
from websockets.sync.client import connect

from mock_engine.config import ConfigError
from mock_engine.testing import FunctionFailed, LocalEngine
from tests.mock_engine.modules.local import bind, settle, until

redis = pytest.importorskip("redis", reason="the extra `redis` is not installed")
pytestmark = pytest.mark.skipif(
    shutil.which("redis-server") is None, reason="no redis-server on this machine"
)

WHERE = {"scope": "s", "key": "k"}
ITEM = {"stream_name": "n", "group_id": "g", "item_id": "i"}


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    folder = str(tmp_path_factory.mktemp("redis"))
    command = ["redis-server", "--port", str(port), "--bind", "127.0.0.1", "--dir", folder]
    with subprocess.Popen([*command, "--save", ""], stdout=subprocess.DEVNULL) as process:
        client = redis.Redis(port=port)
        until(lambda: _answers(client))
        yield f"redis://127.0.0.1:{port}"
        client.close()
        process.terminate()


def _answers(client: Any) -> bool:
    try:
        return bool(client.ping())
    except redis.RedisError:
        return False


@pytest.fixture
def pair(url: str) -> Iterator[tuple[LocalEngine, LocalEngine]]:
    """Two engines on an empty server."""
    client = redis.Redis.from_url(url)
    client.flushall()
    client.close()
    with ExitStack() as stack:
        yield stack.enter_context(on(url)), stack.enter_context(on(url))


def on(url: str) -> LocalEngine:
    adapter = {"adapter": {"name": "redis", "config": {"redis_url": url}}}
    names = ("iii-state", "iii-stream", "iii-pubsub", "iii-cron", "iii-queue")
    return LocalEngine({"workers": [{"name": name, "config": dict(adapter)} for name in names]})


def test_two_engines_share_state(pair: tuple[LocalEngine, LocalEngine]) -> None:
    one, other = pair

    assert one.invoke("state::set", WHERE | {"value": {"n": 1}})["old_value"] is None
    assert other.invoke("state::get", WHERE) == {"n": 1}
    ops = [{"type": "increment", "path": "n", "by": 2}]
    assert other.invoke("state::update", WHERE | {"ops": ops})["new_value"] == {"n": 3}
    assert one.invoke("state::list", {"scope": "s"}) == [{"n": 3}]
    assert one.invoke("state::list_groups", {}) == {"groups": ["s"]}
    assert one.invoke("state::delete", WHERE) == {"n": 3}
    assert other.invoke("state::get", WHERE) is None


def test_updates_of_two_engines_are_all_counted(pair: tuple[LocalEngine, LocalEngine]) -> None:
    ops = {"ops": [{"type": "increment", "path": "n", "by": 1}]}
    for _ in range(20):
        for engine in pair:
            engine.invoke("state::update", WHERE | ops)

    assert pair[0].invoke("state::get", WHERE) == {"n": 40}


def test_items_and_viewers_of_streams_are_shared(pair: tuple[LocalEngine, LocalEngine]) -> None:
    one, other = pair
    one.invoke("stream::set", ITEM | {"data": 1})

    assert other.invoke("stream::get", ITEM) == 1
    assert other.invoke("stream::list_groups", {"stream_name": "n"}) == ["g"]


def test_a_message_reaches_the_subscribers_of_both(pair: tuple[LocalEngine, LocalEngine]) -> None:
    seen: list[Any] = []
    for name, engine in zip("ab", pair, strict=True):
        engine.serve("a::b", partial(_note, seen, name))
        bind(engine, "subscribe", "a::b", {"topic": "t"})
    pair[0].invoke("publish", {"topic": "t", "data": 5})

    until(lambda: len(seen) == 2)
    assert sorted(seen) == [("a", 5), ("b", 5)]


def test_one_engine_alone_takes_a_job(pair: tuple[LocalEngine, LocalEngine]) -> None:
    seen: list[Any] = []
    for engine in pair:
        engine.serve("a::b", seen.append)
        bind(engine, "durable:subscriber", "a::b", {"topic": "t"})
    for number in range(10):
        pair[0].invoke("iii::durable::publish", {"topic": "t", "data": number})

    until(lambda: len(seen) >= 10)
    for engine in pair:
        settle(engine)
    assert sorted(seen) == list(range(10))


def test_a_job_of_an_engine_that_is_gone_is_taken_up(url: str) -> None:
    first = on(url).start()
    first.serve("a::b", _fails)
    bind(first, "durable:subscriber", "a::b", {"topic": "left"})
    first.invoke("iii::durable::publish", {"topic": "left", "data": "job"})
    until(lambda: redis.Redis.from_url(url).keys("*:queue:group:*left*"))
    first.stop()

    seen: list[Any] = []
    with on(url) as second:
        second.serve("a::b", seen.append)
        bind(second, "durable:subscriber", "a::b", {"topic": "left"})
        until(lambda: seen)
    assert seen[0] == "job"


def _note(seen: list[Any], name: str, data: Any) -> None:
    seen.append((name, data))


def _fails(data: Any) -> Any:
    raise FunctionFailed("NO", "not now")


def test_one_engine_alone_runs_a_cron_job(pair: tuple[LocalEngine, LocalEngine]) -> None:
    seen: list[str] = []
    trigger = {"type": "registertrigger", "id": "job", "trigger_type": "cron"}
    with ExitStack() as stack:
        for engine in pair:
            engine.serve("a::b", lambda event: seen.append(event["scheduled_time"]))
            socket_ = stack.enter_context(connect(engine.url))
            socket_.send(
                '{"type":"invokefunction","function_id":"engine::workers::register","data":{}}'
            )
            text = {**trigger, "function_id": "a::b", "config": {"expression": "* * * * * *"}}
            socket_.send(json.dumps(text))
        until(lambda: len(set(seen)) >= 2)
    assert len(seen) == len(set(seen))


def test_an_engine_does_not_start_without_its_server() -> None:
    with pytest.raises(ConfigError, match="Redis does not answer"), on("redis://127.0.0.1:1"):
        raise AssertionError("it started")
