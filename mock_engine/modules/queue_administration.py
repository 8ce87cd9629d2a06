"""What operators do with queues: look at them, and retry or discard failed messages."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Any

from mock_engine.inputs import Field, Form, defaulted, is_u64
from mock_engine.messages import InvokeFunction, payload
from mock_engine.modules.base import Failure, Offer
from mock_engine.modules.queue_jobs import BUILTIN_QUEUE, CONCURRENCY, Job, Queue

REDRIVE = Form("RedriveInput", (Field("queue", alias="topic"),))
ONE = Form("RedriveSingleInput", (Field("queue", alias="topic"), Field("message_id")))
STATS = Form("TopicStatsInput", (Field("topic", alias="queue"),))
DEAD = Form(
    "DlqMessagesInput",
    (Field("topic", alias="queue"), defaulted("offset", is_u64), defaulted("limit", is_u64)),
    needed=1,
)
PAGE = 50
"""The dead letters on one page, unless a call asks for another number."""


class Administration:
    """Administers the queues of a module.

    ``keep`` and ``drop`` store and remove a job, and ``work`` starts the waiting ones.
    ``unclaimed`` counts the messages published to topics without subscribers. While a topic has no
    subscriber, its queues cannot be reached (engine 0.23).
    """

    def __init__(
        self,
        queues: Mapping[Any, Queue],
        unclaimed: Mapping[str, int],
        keep: Callable[[Queue, Job], None],
        drop: Callable[[Queue, Job], None],
        work: Callable[[Queue], None],
    ) -> None:
        self._queues = queues
        self._unclaimed = unclaimed
        self._keep = keep
        self._drop = drop
        self._work = work

    def functions(self) -> Mapping[str, Offer]:
        """The functions, by id."""
        return {
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

    def _of(self, topic: str) -> list[Queue]:
        queues = [queue for queue in self._queues.values() if queue.topic == topic]
        named = [queue for queue in queues if queue.named is not None]
        return named or [queue for queue in queues if queue.bindings]

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
        inputs = ONE.read(call.data, call.function_id)
        topic, wanted = _named(inputs["queue"]), inputs["message_id"]
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
            self._drop(queue, job)
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
        depth = sum(len(queue.waiting) + queue.running for queue in queues)
        consumers = sum(len(queue.bindings) for queue in queues)
        if queues and queues[0].named is not None:
            consumers = queues[0].count("concurrency") or CONCURRENCY
        elif topic == BUILTIN_QUEUE:
            depth, consumers = 0, CONCURRENCY
        return {
            "depth": depth if queues else self._unclaimed.get(topic, 0),
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
        inputs = DEAD.read(call.data, call.function_id)
        if not inputs["topic"]:
            raise Failure("topic_required", "topic is required")
        first, most = inputs["offset"] or 0, PAGE if inputs["limit"] is None else inputs["limit"]
        dead = [job for queue in self._of(inputs["topic"]) for job in reversed(queue.dead)]
        dead.sort(key=lambda job: job.failed_at, reverse=True)
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
