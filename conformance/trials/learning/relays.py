"""Finds the functions of a live worker that wait for calls of their own, by holding those calls.

Several functions are tried at a time where the calls of a worker carry the trace of the invocation
that they are made for; else one at a time.
"""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from conformance.documents.trees import Path, where
from conformance.errors import Inconclusive
from conformance.trials.conversation import ANNOUNCE
from conformance.trials.gateway import WRITES
from conformance.trials.harness import Harness
from conformance.trials.holding import HeldCall, Holder
from conformance.trials.learning.handing import changes, tagged
from conformance.trials.learning.knowledge import Learned, Relay
from conformance.trials.learning.learner import Reply, reply_of
from conformance.trials.traces import traceparent

SILENT = 1.0
"""Seconds to wait for an answer: nobody knows what the function does."""

HELD = 0.08
"""Seconds for which a call is held, to see that its handler waits."""

MOST = 12
"""Functions that are tried, if their calls can be told apart by their traces."""

MOST_UNTRACED = 4
AT_ONCE = 4

TAGGED = tagged("answer-1")
ANSWERS: tuple[Any, ...] = (TAGGED, ["answer-2", {"n": 15}])
"""Answers to held calls, to see whether they come back."""

REFUSAL = ("conformance_refused", "refused by the conformance suite")
"""The code and the message of the error with which a held call is answered."""

ANY = ""
"""Stands for every trace, where calls carry none."""


@dataclass
class Watch:
    """The calls made within a trace. Those of ``target`` wait, and so do all if there is none.

    Once ``released`` nothing waits any more.
    """

    target: str | None
    calls: list[HeldCall] = field(default_factory=list)
    released: bool = False

    def take(self, call: HeldCall) -> None:
        """Keep a call waiting, or let the engine answer it."""
        wanted = self.target in (None, call.function_id)
        if wanted:
            self.calls.append(call)
        if self.released or not wanted:
            call.let_go()

    def release(self, answer: Callable[[HeldCall], None]) -> None:
        """Give the first call an answer, and let the engine answer the others."""
        self.released = True
        first, *others = self.calls
        for call in others:
            call.let_go()
        answer(first)


@dataclass(frozen=True, slots=True)
class Held:
    """An invocation whose call of ``target`` was held; ``calls`` counts those of it."""

    target: str
    calls: int
    reply: Reply


class RelayFinder:
    """Holds the calls of functions; ``is_over`` says when there is no time left."""

    def __init__(self, harness: Harness, is_over: Callable[[], bool]) -> None:
        self._harness = harness
        self._is_over = is_over
        self._watches: dict[str, Watch] = {}

    async def find(self, calling: Mapping[str, Learned]) -> list[Relay]:
        """The relays among functions that are known to call, the most telling first.

        A function that writes after other calls is found a second time, with its call that writes;
        these come last.
        """
        first: list[Relay] = []
        writing: list[Relay] = []
        free = asyncio.Semaphore(AT_ONCE)

        async def one(function_id: str, learned: Learned) -> None:
            async with free:
                relay = None if self._is_over() else await self._relay(function_id, learned)
                if relay is None:
                    return
                first.append(relay)
                writes = [target for target in learned.calls if target in WRITES]
                if writes and relay.target not in WRITES and not self._is_over():
                    second = await self._relay(function_id, learned, writes[0])
                    writing.extend([second] if second is not None else [])

        traced = {name: learned for name, learned in calling.items() if learned.calls}
        with self._holding():
            async with asyncio.TaskGroup() as tasks:
                for name in list(traced)[:MOST]:
                    tasks.create_task(one(name, traced[name]))
            for name in [name for name in calling if name not in traced][:MOST_UNTRACED]:
                await one(name, calling[name])
        order = {name: number for number, name in enumerate(calling)}
        first.sort(
            key=lambda r: (r.lens is None, not r.passes_errors, r.calls, order[r.function_id])
        )
        return first + sorted(writing, key=lambda r: order[r.function_id])

    @contextmanager
    def _holding(self) -> Iterator[None]:
        gateway = self._harness.gateway
        gateway.holder = Holder(lambda call: self._watch(call) is not None, self._take)
        try:
            yield
        finally:
            gateway.holder = None

    def _watch(self, call: Mapping[str, Any]) -> Watch | None:
        """The watch that a call is for."""
        if call.get("function_id") == ANNOUNCE:
            return None
        traceparent = str(call.get("traceparent"))
        return next((w for trace, w in self._watches.items() if trace in traceparent), None)

    def _take(self, call: HeldCall) -> None:
        watch = self._watch(call.message)
        if watch is not None:
            watch.take(call)

    async def _relay(
        self, function_id: str, learned: Learned, target: str | None = None
    ) -> Relay | None:
        """Hold the calls of a function: twice with different answers, and once with an error."""
        results: list[tuple[Any, Any]] = []
        counts: list[int] = []
        for answer in ANSWERS:
            giving = partial(HeldCall.answer, result=answer)
            held = await self._held(function_id, learned, target, giving)
            if held is None:
                return None
            target = held.target
            counts.append(held.calls)
            if not held.reply.failed and not held.reply.silent:
                results.append((answer, held.reply.result))
        refused = await self._held(function_id, learned, target, lambda c: c.fail(*REFUSAL))
        lens = _common_lens(results) if len(results) == len(ANSWERS) else None
        passes = refused is not None and refused.reply.failed
        made = next(
            (changes(TAGGED, result) for answer, result in results if answer is TAGGED), None
        )
        return Relay(function_id, learned.examples[0], str(target), min(counts), lens, passes, made)

    async def _held(
        self,
        function_id: str,
        learned: Learned,
        target: str | None,
        answer: Callable[[HeldCall], None],
    ) -> Held | None:
        """Invoke while calls are held, answer the first, and pass on the others.

        ``None`` if it made no call, or did not wait for the answer.
        """
        trace = uuid.uuid4().hex
        key = trace if learned.calls else ANY
        watch = self._watches[key] = Watch(target)
        until, invoker = self._harness.until, self._harness.invoker
        try:
            invocation = invoker.invoke(
                function_id, learned.examples[0], traceparent=traceparent(trace)
            )
            await until(lambda: watch.calls or invoker.replies(invocation), SILENT)
            early = not watch.calls or invoker.replies(invocation)
            if early or await until(lambda: invoker.replies(invocation), HELD, patient=False):
                return None
            first = watch.calls[0]
            watch.release(answer)
            reply = await invoker.reply(invocation, SILENT)
        except Inconclusive:
            return None
        finally:
            del self._watches[key]
            if not watch.released:
                for call in watch.calls:
                    call.let_go()
        same = sum(call.function_id == first.function_id for call in watch.calls)
        return Held(first.function_id, same, reply_of(reply, ()))


def _common_lens(results: list[tuple[Any, Any]]) -> Path | None:
    places = [where(result, answer) for answer, result in results]
    return next((path for path in places[0] if all(path in other for other in places)), None)
