"""Queues: topics whose messages are retried until a subscriber accepts them (``iii-queue``).

Each topic has one queue for each function bound to it, however many bindings there are. A message
to a topic without subscribers is counted and lost. A job whose queue lost its last binding waits
for the next binding of the same function. Named queues (``queue_configs``) take calls of any
function: up to engine 0.22 the action ``enqueue`` puts them there. With a file (``store_method:
file_based``), a job is on disk before its publisher is answered, and is removed when its function
has accepted it.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections import Counter
from collections.abc import Mapping
from typing import Any, ClassVar

import msgspec

from mock_engine.ids import new_id
from mock_engine.inputs import Field, Form, is_anything, optional
from mock_engine.messages import InvokeFunction
from mock_engine.modules.adapters import module_store, redis_server
from mock_engine.modules.base import NOTHING, Bound, Failure, Module, Offer
from mock_engine.modules.host import Trace
from mock_engine.modules.queue_administration import Administration
from mock_engine.modules.queue_jobs import BUILTIN_QUEUE, Job, Queue
from mock_engine.versions import QUEUE_SERVES_ENQUEUE

log = logging.getLogger("mock_engine")

PUBLISH = Form("QueueInput", (Field("topic"), Field("data", is_anything)))
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


class Published(msgspec.Struct, frozen=True):
    """A message on its way to the engines on the same server."""

    id: str
    topic: str
    data: Any
    trace: Trace


class QueueModule(Module):
    """Durable publish, queue administration, and the trigger type ``durable:subscriber``."""

    name = "iii-queue"
    has_entry = True
    title = "Async job processing with named queues, retries, and dead-letter support."
    provides_as = "queue"
    trigger_types: ClassVar[Mapping[str, str]] = {"durable:subscriber": "Queue core module"}

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self._queues: dict[tuple[str, str, str], Queue] = {}
        self._server = redis_server(self.options)
        self._store = module_store(self.options, "queue", self._server)
        if self._server is not None:
            self._server.on("queue", self._published)
        self._unclaimed: Counter[str] = Counter()
        self._administration = Administration(
            self._queues, self._unclaimed, self._keep, self._drop, self._work
        )
        self._names: Mapping[str, Mapping[str, Any] | None] | None = None
        if "queue_configs" in self.options:
            self._names = {BUILTIN_QUEUE: None} | (self.options["queue_configs"] or {})
            for name, settings in self._names.items():
                self._queue(name, "", "").named = settings or {}
        if self._server is None:
            self._restore_all()

    async def start(self) -> None:
        """Connect to the server, if there is one, and take over the jobs of lost engines."""
        if self._server is not None:
            await self._server.start(self.host)
            self._restore_all()

    def _restore_all(self) -> None:
        for shelf in self._store.groups():
            self._restore(shelf)

    def _restore(self, shelf: str) -> None:
        """Take over the jobs that an earlier engine left."""
        queue = self._queue(*msgspec.json.decode(shelf, type=tuple[str, str, str]))
        jobs = [msgspec.convert(value, Job) for value in self._store.values(shelf)]
        for job in sorted(jobs, key=lambda job: job.queued_at):
            if self._server is not None and not self._server.take_over("queue", shelf, job.id):
                continue
            (queue.dead if job.failed_at else queue.waiting).append(job)

    def _queue(self, topic: str, namespace: str, function_id: str) -> Queue:
        key = (topic, namespace, function_id)
        shelf = msgspec.json.encode(key).decode()
        return self._queues.setdefault(key, Queue(topic, shelf))

    def _keep(self, queue: Queue, job: Job) -> None:
        self._store.put(queue.shelf, job.id, msgspec.to_builtins(job))

    def _drop(self, queue: Queue, job: Job) -> None:
        self._store.drop(queue.shelf, job.id)

    async def stop(self) -> None:
        """Close the file."""
        self._store.close()
        if self._server is not None:
            await self._server.stop()

    def functions(self) -> Mapping[str, Offer]:
        """The functions, by id."""
        found = {
            "iii::durable::publish": Offer(self._publish, "Enqueue a message"),
            **self._administration.functions(),
        }
        if self._names is not None and self.host.release.does(QUEUE_SERVES_ENQUEUE):
            title = "Enqueue a call of a function onto a named queue"
            found["engine::queue::enqueue"] = Offer(self._enqueue, title)
        return found

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
        """Unsubscribe; waiting jobs are kept for a later binding of the function."""
        super().unbind(trigger_id)
        for queue in self._queues.values():
            queue.bindings.pop(trigger_id, None)

    # -- messages --------------------------------------------------------------------------------

    def _publish(self, call: InvokeFunction) -> Any:
        inputs = PUBLISH.read(call.data, call.function_id)
        if not inputs["topic"]:
            raise Failure("topic_not_set", "Topic is not set")
        if self._server is not None:
            trace = Trace.within(call)
            message = Published(new_id(), inputs["topic"], inputs["data"], trace)
            self._server.publish("queue", message)
            return NOTHING
        served = self._subscribed(inputs["topic"])
        for queue in served:
            self._accept(queue, Job(inputs["data"], Trace.within(call)))
        if not served:
            self._unclaimed[inputs["topic"]] += 1
        return NOTHING

    def _subscribed(self, topic: str) -> list[Queue]:
        queues = self._queues.values()
        return [queue for queue in queues if queue.topic == topic and queue.bindings]

    def _published(self, message: bytes) -> None:
        """An engine on the same server published a message; each job is taken by one engine."""
        published = msgspec.json.decode(message, type=Published)
        for queue in self._subscribed(published.topic):
            try:
                if self._server and self._server.claim("queue", queue.shelf, published.id):
                    self._accept(queue, Job(published.data, published.trace, published.id))
            except Failure as fault:
                log.warning("a message for %s is lost: %s", published.topic, fault)

    def _enqueue(self, call: InvokeFunction) -> Any:
        inputs = ENQUEUE.read(call.data, call.function_id)
        queue = self._queues.get((inputs["queue"], "", ""))
        if queue is None or queue.named is None:
            raise Failure("enqueue_failed", f"Queue '{inputs['queue']}' not found")
        group, data = queue.named.get("message_group_field"), inputs["data"]
        if queue.named.get("type") == "fifo" and not (isinstance(data, dict) and group in data):
            text = f"FIFO queue '{queue.topic}' requires field '{group}' in the data"
            raise Failure("enqueue_failed", text)
        trace = Trace(inputs["traceparent"] or Trace.fresh().parent, inputs["baggage"])
        identity = inputs["messageReceiptId"] or new_id()
        job = Job(
            data,
            trace,
            identity,
            function_id=inputs["function_id"],
            namespace=inputs["namespace"],
        )
        self._accept(queue, job)
        return {"messageReceiptId": identity}

    def _accept(self, queue: Queue, job: Job) -> None:
        self._keep(queue, job)
        queue.waiting.append(job)
        self._work(queue)

    def _work(self, queue: Queue) -> None:
        while queue.served and queue.waiting and queue.running < queue.places:
            queue.running += 1
            self.host.spawn(self._attempt(queue, queue.waiting.popleft()))

    async def _attempt(self, queue: Queue, job: Job) -> None:
        if not queue.served:  # its last binding went after the job was handed out
            queue.running -= 1
            queue.waiting.appendleft(job)
            return
        ordered = queue.places == 1
        job.attempts += 1
        try:
            await self._deliver(queue, job)
        except Failure as fault:
            job.error = fault.debug() if fault.code else str(fault)
            await self._failed(queue, job, ordered=ordered)
        else:
            queue.running -= 1
            self._drop(queue, job)
        self._work(queue)

    async def _deliver(self, queue: Queue, job: Job) -> None:
        function_id, namespace = job.function_id, job.namespace
        bound = queue.bound
        if bound is not None:
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
        job.trace = Trace.fresh()  # each further attempt is a new trace, as in engine 0.23
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
