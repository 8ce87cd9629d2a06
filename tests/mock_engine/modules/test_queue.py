"""Queues: topics, named queues, dead letters."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from typing import Any

import pytest
from websockets.sync.client import connect

from mock_engine.config import Config, ModuleConfig
from mock_engine.engine import Engine
from mock_engine.messages import (
    InvocationResult,
    InvokeFunction,
    ProtocolMessage,
    RegisterFunction,
    RegisterTrigger,
    UnregisterTrigger,
    payload,
)
from mock_engine.testing import FunctionFailed, LocalEngine
from tests.mock_engine.modules.client import client
from tests.mock_engine.modules.local import (
    bind,
    code_of,
    until,
    with_module,
)

ID = "5b0d5b2e-0000-4000-8000-000000000001"


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
    with with_module("iii-queue", engine_version="0.22", queue_configs=queues) as engine:
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


def test_a_failing_subscriber_gets_its_message_again() -> None:
    async def test() -> None:
        async with client() as worker:
            config = {"topic": "jobs", "queue_config": {"maxRetries": 1, "backoffDelayMs": 1}}
            await worker.bind("durable:subscriber", config)
            worker.reply = {"error": {"code": "no", "message": "not yet"}}

            await worker.call("iii::durable::publish", {"topic": "jobs", "data": {"n": 1}})

            assert [await worker.next_call(), await worker.next_call()] == [{"n": 1}] * 2

    asyncio.run(test())


def test_from_0_23_on_named_queues_do_not_take_the_action_enqueue() -> None:
    enqueued = {"action": {"type": "enqueue", "queue": "plain"}, "invocation_id": ID}
    call = {"type": "invokefunction", "function_id": "a::b", "data": {}, **enqueued}
    with (
        with_module("iii-queue", queue_configs={"plain": {}}) as engine,
        connect(engine.url) as worker,
    ):
        worker.recv(10)
        worker.send(json.dumps(call))
        answer = json.loads(worker.recv(10))

    assert answer["error"]["code"] == "enqueue_error"


class Subscriber:
    """An in-process worker, so that two messages arrive in one turn of the event loop."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._number = engine.admit(self)
        engine.send(self._number, InvokeFunction("engine::workers::register", payload({})))
        self.taken: asyncio.Queue[Any] = asyncio.Queue()

    def deliver(self, message: ProtocolMessage) -> None:
        if isinstance(message, InvokeFunction):
            self.taken.put_nowait(json.loads(bytes(message.data)))
            done = InvocationResult(str(message.invocation_id), message.function_id)
            self._engine.send(self._number, done)

    def bind(self, trigger_id: str) -> None:
        self._engine.send(self._number, RegisterFunction("a::b"))
        topic = payload({"topic": "t"})
        trigger = RegisterTrigger(trigger_id, "durable:subscriber", "a::b", topic)
        self._engine.send(self._number, trigger)

    def unbind(self, trigger_id: str) -> None:
        self._engine.send(self._number, UnregisterTrigger(trigger_id))

    def publish(self, data: Any) -> None:
        message = payload({"topic": "t", "data": data})
        self._engine.send(self._number, InvokeFunction("iii::durable::publish", message))


def test_a_job_whose_binding_goes_before_it_is_tried_waits_for_the_next_binding() -> None:
    async def test() -> None:
        engine = Engine(Config(modules=(ModuleConfig("iii-queue", {}, 1),)))
        subscriber = Subscriber(engine)
        subscriber.bind("first")
        subscriber.publish(1)
        subscriber.unbind("first")
        for _ in range(3):  # turns of the loop in which the job could be retried
            await asyncio.sleep(0)
        assert subscriber.taken.empty()

        subscriber.bind("second")

        assert await asyncio.wait_for(subscriber.taken.get(), 10) == 1
        await engine.stop()

    asyncio.run(test())
