"""Queues: topics whose messages are tried again until a subscriber takes them (``iii-queue``).

Each topic has one queue for each function bound to it, however many bindings there are. Nothing
is kept for a topic without subscribers. A job whose queue lost its last binding waits for the
next binding of the same function. Named queues (``queue_configs``) take calls of any function:
with them the module is what the action ``enqueue`` goes to. With a file (``store_method:
file_based``) a job is on disk before its publisher is answered, and leaves it when its function
has taken it.
"""

from __future__ import annotations

import asyncio
import time
import uuid
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar

import msgspec

from mock_engine.inputs import Field, Form, defaulted, is_anything, is_u64, optional
from mock_engine.messages import InvokeFunction, payload
from mock_engine.modules.base import NOTHING, Bound, Failure, Module, Offer
from mock_engine.modules.host import Trace
from mock_engine.modules.store import open_store

PUBLISH = Form("QueueInput", (Field("topic"), Field("data", is_anything)))
REDRIVE = Form("RedriveInput", (Field("queue", alias="topic"),))
ONE = Form("RedriveSingleInput", (Field("queue", alias="topic"), Field("message_id")))
STATS = Form("TopicStatsInput", (Field("topic", alias="queue"),))
DEAD = Form(
    "DlqMessagesInput",
    (Field("topic", alias="queue"), defaulted("offset", is_u64), defaulted("limit", is_u64)),
)
ENQUEUE = Form(
    "EnqueueInput",
    (
        Field("queue"),
        Field("function_id"),
        Field("data", is_anything, required=False),
        optional("messageReceiptId"),
        optional("namespace"),
        optional("traceparent"),
        optional("baggage"),
    ),
)
ATTEMPTS, BACKOFF_MS, CONCURRENCY, PAGE = 3, 1000, 10, 50
BUILTIN_QUEUE = "default"
MOST_DOUBLINGS = 62
"""Of a backoff, which then is a matter of centuries; more would only make a number too large."""


@dataclass(slots=True)
class Job:
    """A message of a queue; ``attempts`` were made so far.

    ``queued_at`` is in nanoseconds since the epoch and gives the order in the queue;
    ``failed_at`` is in seconds, and 0 for a job that is no dead letter. A job of a named queue
    says which function it is for.
    """

    data: Any
    trace: Trace
    id: str = field(default_factory=lambda: str(uuid.uuid4()))
    attempts: int = 0
    error: str = ""
    failed_at: int = 0
    queued_at: int = field(default_factory=time.time_ns)
    function_id: str = ""
    namespace: str | None = None


@dataclass(slots=True)
class Queue:
    """The messages for one function of one topic; ``shelf`` is their place in the store.

    ``named`` are the settings of a queue that the configuration names, and that needs no binding.
    """

    topic: str
    shelf: str
    named: Mapping[str, Any] | None = None
    bindings: dict[str, Bound] = field(default_factory=dict)
    waiting: deque[Job] = field(default_factory=deque)
    running: int = 0
    dead: list[Job] = field(default_factory=list)

    @property
    def bound(self) -> Bound:
        """The binding that is served: the first one."""
        return next(iter(self.bindings.values()))

    @property
    def served(self) -> bool:
        """Whether anybody takes the messages."""
        return self.named is not None or bool(self.bindings)

    def setting(self, name: str) -> Any:
        """A value of the queue's settings, or of the binding's ``queue_config``."""
        if self.named is not None:
            return self.named.get(name)
        config = self.bound.setting("queue_config")
        return config.get(name) if isinstance(config, dict) else None

    def count(self, name: str) -> int | None:
        """A setting that is a whole number; any other value is as if it were absent."""
        value = self.setting(name)
        return value if is_u64(value) is None else None

    @property
    def most_attempts(self) -> int:
        """How often a message is tried."""
        if self.named is not None:
            return max(1, self.count("max_retries") or ATTEMPTS)
        retries = self.count("maxRetries")
        return ATTEMPTS if retries is None else retries + 1

    @property
    def places(self) -> int:
        """How many messages are worked on at the same time."""
        if self.setting("type") == "fifo":
            return 1
        return self.count("concurrency") or CONCURRENCY

    def pause(self, attempts: int) -> float:
        """Seconds before the next attempt."""
        first = self.count("backoffDelayMs" if self.named is None else "backoff_ms")
        doubled = 2.0 ** min(attempts - 1, MOST_DOUBLINGS)
        return (BACKOFF_MS if first is None else first) * doubled / 1000


class QueueModule(Module):
    """Durable publish, its administration, and the trigger type ``durable:subscriber``."""

    name = "iii-queue"
    has_entry = True
    title = "Async job processing with named queues, retries, and dead-letter support."
    provides_as = "queue"
    trigger_types: ClassVar[Mapping[str, str]] = {"durable:subscriber": "Queue core module"}

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self._queues: dict[tuple[str, str, str], Queue] = {}
        self._store = open_store(self.options, "queue")
        self._names: Mapping[str, Mapping[str, Any] | None] | None = None
        if "queue_configs" in self.options:
            self._names = {BUILTIN_QUEUE: None} | (self.options["queue_configs"] or {})
            for name, settings in self._names.items():
                self._queue(name, "", "").named = settings or {}
        for shelf in self._store.groups():
            self._restore(shelf)

    def _restore(self, shelf: str) -> None:
        """Take up the jobs that an engine before this one left."""
        queue = self._queue(*msgspec.json.decode(shelf, type=tuple[str, str, str]))
        jobs = [msgspec.convert(value, Job) for value in self._store.values(shelf)]
        for job in sorted(jobs, key=lambda job: job.queued_at):
            (queue.dead if job.failed_at else queue.waiting).append(job)

    def _queue(self, topic: str, namespace: str, function_id: str) -> Queue:
        key = (topic, namespace, function_id)
        shelf = msgspec.json.encode(key).decode()
        return self._queues.setdefault(key, Queue(topic, shelf))

    def _keep(self, queue: Queue, job: Job) -> None:
        self._store.put(queue.shelf, job.id, msgspec.to_builtins(job))

    async def stop(self) -> None:
        """Close the file."""
        self._store.close()

    def functions(self) -> Mapping[str, Offer]:
        """The functions, by id."""
        named = {} if self._names is None else {"engine::queue::enqueue": self._offer}
        return named | {
            "iii::durable::publish": Offer(self._publish, "Enqueue a message"),
            "iii::queue::redrive": Offer(
                self._redrive, "Redrive all DLQ messages back to the main queue"
            ),
            "iii::queue::redrive_message": Offer(
                self._redrive_one, "Redrive a single DLQ message by ID back to the main queue"
            ),
            "iii::queue::discard_message": Offer(
                self._discard, "Discard (purge) a single DLQ message by ID"
            ),
            "engine::queue::list_topics": Offer(self._topics, "List all queue topics"),
            "engine::queue::topic_stats": Offer(self._stats, "Get stats for a queue topic"),
            "engine::queue::dlq_topics": Offer(self._dead_topics, "List DLQ topics with counts"),
            "engine::queue::dlq_messages": Offer(self._dead_messages, "Browse DLQ messages"),
        }

    # -- bindings --------------------------------------------------------------------------------

    def bind(self, bound: Bound) -> None:
        """Subscribe a function; a binding without a topic never fires."""
        super().bind(bound)
        topic = bound.setting("topic")
        if not isinstance(topic, str) or not topic:
            return
        queue = self._queue(topic, bound.namespace or "", bound.function_id)
        queue.bindings[bound.id] = bound
        self._work(queue)

    def unbind(self, trigger_id: str) -> None:
        """Unsubscribe; what waits is kept for a later binding of the function."""
        super().unbind(trigger_id)
        for queue in self._queues.values():
            queue.bindings.pop(trigger_id, None)

    @property
    def _offer(self) -> Offer:
        return Offer(self._enqueue, "Enqueue a call of a function onto a named queue")

    def _of(self, topic: str) -> list[Queue]:
        return [queue for queue in self._queues.values() if queue.topic == topic]

    def _live(self, topic: str) -> list[Queue]:
        return [queue for queue in self._of(topic) if queue.bindings]

    # -- messages --------------------------------------------------------------------------------

    def _publish(self, call: InvokeFunction) -> Any:
        given = PUBLISH.read(call.data, call.function_id)
        if not given["topic"]:
            raise Failure("topic_not_set", "Topic is not set")
        for queue in self._live(given["topic"]):
            job = Job(given["data"], Trace.within(call))
            self._keep(queue, job)
            queue.waiting.append(job)
            self._work(queue)
        return NOTHING

    def _enqueue(self, call: InvokeFunction) -> Any:
        given = ENQUEUE.read(call.data, call.function_id)
        queue = self._queues.get((given["queue"], "", ""))
        if queue is None or queue.named is None:
            raise Failure("enqueue_failed", f"Queue '{given['queue']}' not found")
        group, data = queue.named.get("message_group_field"), given["data"]
        if queue.named.get("type") == "fifo" and not (isinstance(data, dict) and group in data):
            text = f"FIFO queue '{queue.topic}' requires field '{group}' in the data"
            raise Failure("enqueue_failed", text)
        trace = Trace(given["traceparent"] or Trace.fresh().parent, given["baggage"])
        identity = given["messageReceiptId"] or str(uuid.uuid4())
        job = Job(
            data,
            trace,
            identity,
            function_id=given["function_id"],
            namespace=given["namespace"],
        )
        self._keep(queue, job)
        queue.waiting.append(job)
        self._work(queue)
        return {"messageReceiptId": identity}

    def _work(self, queue: Queue) -> None:
        while queue.served and queue.waiting and queue.running < queue.places:
            queue.running += 1
            self.host.spawn(self._attempt(queue, queue.waiting.popleft()))

    async def _attempt(self, queue: Queue, job: Job) -> None:
        ordered = queue.places == 1
        job.attempts += 1
        try:
            await self._deliver(queue, job)
        except Failure as fault:
            job.error = fault.debug() if fault.code else str(fault)
            await self._failed(queue, job, ordered=ordered)
        else:
            queue.running -= 1
            self._store.drop(queue.shelf, job.id)
        self._work(queue)

    async def _deliver(self, queue: Queue, job: Job) -> None:
        if queue.named is not None:
            function_id, namespace = job.function_id, job.namespace
        else:
            bound = queue.bound
            function_id, namespace = bound.function_id, bound.namespace
            try:
                passed = await self.host.passes(bound, job.data, job.trace)
            except Failure as fault:
                text = f"Condition function error: {fault.debug()}"
                raise Failure("", text) from None
            if not passed:
                return
        await self.host.call(function_id, job.data, namespace=namespace, **job.trace.fields())

    async def _failed(self, queue: Queue, job: Job, *, ordered: bool) -> None:
        job.trace = Trace.fresh()  # each further attempt is a trace of its own, as in engine 0.23
        dead = queue.served and job.attempts >= queue.most_attempts
        job.failed_at = int(time.time()) if dead else 0
        self._keep(queue, job)
        if dead or not queue.served:
            queue.running -= 1
            queue.dead.append(job) if dead else queue.waiting.appendleft(job)
            return
        pause = queue.pause(job.attempts)
        if ordered:
            await asyncio.sleep(pause)
            queue.running -= 1
            queue.waiting.appendleft(job)
            return
        queue.running -= 1
        self._work(queue)
        await asyncio.sleep(pause)
        queue.waiting.append(job)

    # -- administration --------------------------------------------------------------------------

    def _revive(self, queue: Queue, jobs: list[Job]) -> None:
        for job in jobs:
            queue.dead.remove(job)
            job.attempts, job.failed_at, job.queued_at = 0, 0, time.time_ns()
            self._keep(queue, job)
            queue.waiting.append(job)
        self._work(queue)

    def _redrive(self, call: InvokeFunction) -> Any:
        topic = _named(REDRIVE.read(call.data, call.function_id)["queue"])
        count = 0
        for queue in self._of(topic):
            count += len(queue.dead)
            self._revive(queue, list(queue.dead))
        return {"queue": topic, "redriven": count}

    def _pick(self, call: InvokeFunction) -> tuple[str, str, list[tuple[Queue, Job]]]:
        given = ONE.read(call.data, call.function_id)
        topic, wanted = _named(given["queue"]), given["message_id"]
        if not wanted:
            raise Failure("message_id_not_set", "Message ID is required")
        found = [(q, job) for q in self._of(topic) for job in q.dead if job.id == wanted]
        return topic, wanted, found

    def _redrive_one(self, call: InvokeFunction) -> Any:
        topic, wanted, found = self._pick(call)
        for queue, job in found:
            self._revive(queue, [job])
        return {"queue": topic, "message_id": wanted, "redriven": len(found)}

    def _discard(self, call: InvokeFunction) -> Any:
        topic, wanted, found = self._pick(call)
        for queue, job in found:
            queue.dead.remove(job)
            self._store.drop(queue.shelf, job.id)
        return {"queue": topic, "message_id": wanted, "redriven": len(found)}

    def _topics(self, call: InvokeFunction) -> Any:
        del call
        subscribers: dict[str, int] = {BUILTIN_QUEUE: CONCURRENCY}
        for queue in self._queues.values():
            if queue.named is not None:
                subscribers[queue.topic] = queue.count("concurrency") or CONCURRENCY
        for queue in self._queues.values():
            if queue.bindings:
                count = subscribers.get(queue.topic, 0) + len(queue.bindings)
                subscribers[queue.topic] = count
        return [
            {"name": name, "broker_type": "builtin", "subscriber_count": count}
            for name, count in subscribers.items()
        ]

    def _stats(self, call: InvokeFunction) -> Any:
        topic = STATS.read(call.data, call.function_id)["topic"]
        if not topic:
            raise Failure("topic_required", "topic is required")
        queues = self._of(topic)
        named = [queue for queue in queues if queue.named is not None]
        consumers = sum(len(queue.bindings) for queue in queues)
        if named:
            consumers = named[0].count("concurrency") or CONCURRENCY
        elif topic == BUILTIN_QUEUE:
            consumers = CONCURRENCY
        return {
            "depth": sum(len(queue.waiting) + queue.running for queue in queues),
            "consumer_count": consumers,
            "dlq_depth": sum(len(queue.dead) for queue in queues),
            "config": None,
        }

    def _dead_topics(self, call: InvokeFunction) -> Any:
        del call
        counts: dict[tuple[str, str], int] = {
            (f"__fn_queue::{BUILTIN_QUEUE}", "builtin"): 0,
            (BUILTIN_QUEUE, "function_queue"): 0,
        }
        for queue in self._queues.values():
            if queue.named is not None:
                key = (queue.topic, "function_queue")
                counts[key] = len(queue.dead)
                counts[(f"__fn_queue::{queue.topic}", "builtin")] = len(queue.dead)
            elif queue.bindings:
                key = (queue.topic, "builtin")
                counts[key] = counts.get(key, 0) + len(queue.dead)
        return [
            {"topic": topic, "broker_type": kind, "message_count": count}
            for (topic, kind), count in counts.items()
        ]

    def _dead_messages(self, call: InvokeFunction) -> Any:
        given = DEAD.read(call.data, call.function_id)
        if not given["topic"]:
            raise Failure("topic_required", "topic is required")
        first, most = given["offset"] or 0, PAGE if given["limit"] is None else given["limit"]
        dead = [job for queue in self._of(given["topic"]) for job in queue.dead]
        return [
            {
                "id": job.id,
                "payload": job.data,
                "error": job.error,
                "failed_at": job.failed_at,
                "retries": job.attempts,
                "size_bytes": len(payload(job.data)),
            }
            for job in dead[first : first + most]
        ]


def _named(queue: str) -> str:
    if not queue:
        raise Failure("queue_not_set", "Queue name is required")
    return queue
