"""Connecting, reconnecting, and the opening messages."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reference_workers.client import Worker
from reference_workers.client.settings import DEFAULT_URL, Settings, SettingsError
from reference_workers.client.times import Times
from tests.reference_workers.recording import Link, Recorded, asynchronous, engine, serving


async def nothing(*_: Any) -> None:
    return None


def offer(worker: Worker) -> None:
    worker.trigger("http", "one::a", {"api_path": "/a", "http_method": "GET"})
    worker.function("one::a", nothing, description="A.", request_format={"type": "object"})
    worker.function("one::b", nothing)
    worker.trigger_type("one-tick", "Ticks.", nothing, nothing)


def told(link: Link) -> list[tuple[str, str]]:
    return [(m["type"], m.get("id", m.get("function_id", ""))) for m in link.messages]


@asynchronous
async def test_the_opening_has_types_functions_triggers_and_the_announcement() -> None:
    async with engine() as there, serving(there.url, offer):
        link = await there.ready()

        trigger = link.messages[3]
        assert told(link) == [
            ("registertriggertype", "one-tick"),
            ("registerfunction", "one::a"),
            ("registerfunction", "one::b"),
            ("registertrigger", trigger["id"]),
            ("invokefunction", "engine::workers::register"),
        ]
        assert link.messages[1] == {
            "type": "registerfunction",
            "id": "one::a",
            "description": "A.",
            "request_format": {"type": "object"},
        }
        assert "namespace" not in trigger


@asynchronous
async def test_the_announcement_tells_who_it_is() -> None:
    async with engine() as there, serving(there.url, offer, namespace="shop", isolation="vm"):
        link = await there.next()
        announcement = await link.announced()

        assert announcement["action"] == {"type": "void"}
        assert "invocation_id" not in announcement
        data = announcement["data"]
        assert (data["name"], data["namespace"], data["isolation"]) == ("tested", "shop", "vm")
        assert data["runtime"] == "python"
        assert {"version", "os", "pid", "telemetry"} <= data.keys()
        assert (await link.expect(type="registertrigger"))["namespace"] == "shop"


@asynchronous
async def test_it_registers_without_being_greeted() -> None:
    async with engine() as there:
        there.on_connect = nothing
        async with serving(there.url, offer):
            link = await there.ready()

            assert len(link.messages) == 5


@asynchronous
async def test_path_query_and_token_reach_the_engine() -> None:
    async with engine() as there, serving(there.url + "/path?key=1&key=2", token="secret"):
        link = await there.next()

        assert link.path == "/path?key=1&key=2"
        assert link.authorization == "Bearer secret"


@pytest.mark.parametrize("code", [1000, 1001, 1008, 1011, 1012, 4000, None])
@asynchronous
async def test_it_comes_back_with_reattach_and_everything(code: int | None) -> None:
    async with engine() as there, serving(there.url, offer):
        first = await there.ready()
        await (first.abort() if code is None else first.close(code))
        second = await there.ready()
        await second.abort()
        third = await there.ready()

        for link, before in ((second, first), (third, second)):
            assert link.messages[0] == {
                "type": "reattach",
                "previous_worker_id": before.worker_id,
                "reattach_token": before.token,
            }
            assert link.messages[1:] == first.messages


@asynchronous
async def test_a_greeting_without_token_is_enough_to_reattach() -> None:
    async def greet(link: Link) -> None:
        await link.send({"type": "workerregistered", "worker_id": link.worker_id})

    async with engine() as there:
        there.on_connect = greet
        async with serving(there.url):
            await (await there.ready()).abort()
            link = await there.ready()

            assert link.messages[0] == {"type": "reattach", "previous_worker_id": "worker-1"}


@asynchronous
async def test_delays_grow_while_the_engine_refuses_and_begin_anew_after_success() -> None:
    refusals = 3

    async def answer(link: Link) -> None:
        if len(there.links) <= refusals:
            await link.send({"type": "error", "error": {"code": "AUTH_ERROR", "message": "no"}})
            await link.close(1008)
        else:
            await link.greet()

    times = Recorded()
    async with engine() as there:
        there.on_connect = answer
        async with serving(there.url, times=times):
            for _ in range(refusals):
                await there.next()
            # One by one, so that each has settled: the engine has its announcement.
            for _ in range(4):
                link = await there.ready()
                await link.abort()
            await there.ready()

    assert times.waited == [1, 2, 4, 1, 1, 1, 1]


def test_delays_double_up_to_half_a_minute() -> None:
    delays = Times(jitter=0).delays()

    assert [next(delays) for _ in range(7)] == [1, 2, 4, 8, 16, 30, 30]


@given(st.integers(1, 12))
def test_delays_vary_by_thirty_percent(tries: int) -> None:
    delays, exact = Times().delays(), Times(jitter=0).delays()

    for _ in range(tries):
        assert 0.7 <= next(delays) / next(exact) <= 1.3


@asynchronous
async def test_a_stalled_upgrade_is_abandoned() -> None:
    tries: asyncio.Queue[None] = asyncio.Queue()

    async def stall(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        tries.put_nowait(None)
        await reader.read()
        writer.close()

    server = await asyncio.start_server(stall, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    async with server, serving(f"ws://127.0.0.1:{port}", times=Recorded(opening=0.05)):
        for _ in range(3):
            await asyncio.wait_for(tries.get(), 10)

        assert tries.qsize() == 0


@asynchronous
async def test_an_engine_that_falls_silent_is_left() -> None:
    times = Recorded(ping=0.02, silence=0.1, closing=0.05)
    async with engine() as there, serving(there.url, times=times):
        link = await there.ready()
        link.freeze()

        assert (await there.ready()).messages[0]["previous_worker_id"] == link.worker_id


@asynchronous
async def test_it_waits_for_an_engine_that_is_not_there_yet() -> None:
    times = Recorded()
    async with engine() as there:
        port = int(there.url.rpartition(":")[2])
    async with serving(there.url, offer, times):
        for _ in range(3):
            await times.loss()
        async with engine(port) as there:
            link = await there.ready()

            assert link.messages[0]["type"] == "registertriggertype"


@asynchronous
async def test_offline_changes_are_told_once_and_what_is_gone_is_not_told() -> None:
    times = Recorded()
    async with engine() as there, serving(there.url, offer, times) as worker:
        first = await there.ready()
        await first.abort()
        await times.loss()
        worker.function("one::c", nothing)
        worker.remove_function("one::b")
        second = await there.ready()

        ids = [m["id"] for m in second.messages if m["type"] == "registerfunction"]
        assert ids == ["one::a", "one::c"]
        assert not [m for m in second.messages if m["type"] == "unregisterfunction"]


@asynchronous
async def test_online_changes_are_told_at_once() -> None:
    async with engine() as there, serving(there.url) as worker:
        link = await there.ready()
        worker.function("one::c", nothing)
        trigger_id = worker.trigger("cron", "one::c", {"expression": "0 0 0 * * *"}, {"a": 1})
        worker.remove_trigger(trigger_id)
        worker.remove_function("one::c")
        await link.expect(type="unregisterfunction", id="one::c")

        assert [m["type"] for m in link.messages[1:]] == [
            "registerfunction",
            "registertrigger",
            "unregistertrigger",
            "unregisterfunction",
        ]
        assert link.messages[2]["metadata"] == {"a": 1}
        assert link.messages[3]["trigger_type"] == "cron"


@pytest.mark.parametrize("function_id", ["", "  ", "one::a"])
def test_blank_and_repeated_function_ids_are_refused(function_id: str) -> None:
    worker = Worker(Settings(DEFAULT_URL, "tested"))
    worker.function("one::a", nothing)

    with pytest.raises(ValueError, match="blank or registered already"):
        worker.function(function_id, nothing)


def test_settings_come_from_the_argument_then_the_environment() -> None:
    environment = {
        "III_URL": "ws://there:1",
        "III_WORKER_NAME": " me ",
        "III_NAMESPACE": " ",
        "III_TOKEN": "secret",
    }

    assert Settings.of(environment) == Settings("ws://there:1", "me", None, "secret")
    assert Settings.of(environment, "wss://here/x?y").url == "wss://here/x?y"
    assert Settings.of({"III_URL": ""}).url == DEFAULT_URL
    assert Settings.of({}).name.rpartition(":")[0]
    assert Settings("ws://u:p@there:1/x?key=1", "me").place == "ws://there:1"


@pytest.mark.parametrize("url", ["there:1", "http://there", "ws://", "ws://there:x", "ws://[1"])
def test_other_addresses_are_refused(url: str) -> None:
    with pytest.raises(SettingsError, match="expected an address such as ws://"):
        Settings.of({"III_URL": url})
