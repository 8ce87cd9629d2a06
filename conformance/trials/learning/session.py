"""Learns about the functions of a live worker, before it is judged.

Several functions are learned about at a time. Then, one at a time, the session finds out which of
them call others and whether they wait for the answer. All of it has a time budget.
"""

from __future__ import annotations

import asyncio
import itertools
import uuid
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

from conformance.errors import Inconclusive
from conformance.trials.conversation import ANNOUNCE
from conformance.trials.harness import Harness
from conformance.trials.invoker import Invocation
from conformance.trials.learning.comparing import STATE_WRITES, compare, outcome_of
from conformance.trials.learning.events import deliveries
from conformance.trials.learning.firing import find_fire
from conformance.trials.learning.handing import Changes
from conformance.trials.learning.knowledge import Depth, Knowledge, Learned, Part, Question, Relay
from conformance.trials.learning.learner import Learner, Names, Reply, reply_of
from conformance.trials.learning.parts import Probe, echoed, failing, parts, probes
from conformance.trials.learning.registrars import Registrars
from conformance.trials.learning.relays import SILENT, RelayFinder
from conformance.trials.learning.stalls import Stalls
from conformance.trials.learning.starts import is_ending, is_risky, starts
from conformance.trials.learning.worlds import Outcome
from conformance.trials.load import load_factor
from conformance.trials.traces import traceparent
from mock_engine.transcript import Message

AT_ONCE = 6
"""Functions that are learned about at a time."""

A_FUNCTION = 2.0
"""Seconds for one function; most take a hundredth of that."""

ALTOGETHER = 6.0
"""Seconds for all functions of a worker; after that, functions are judged with what is known."""

BRIEF = 0.3
"""Seconds for another look at a function that did not answer before: whether it calls."""

MOST_FUNCTIONS = 200

Observed = list[tuple[Any, Reply]]


@dataclass
class Session:
    """One worker that is learned about."""

    harness: Harness
    names: Names = field(default_factory=Names)
    learners: dict[str, Learner] = field(default_factory=dict)
    observed: dict[str, Observed] = field(default_factory=dict)
    calls: dict[str, dict[str, None]] = field(default_factory=dict)
    parts: dict[str, Part] = field(default_factory=dict)
    echoed: dict[str, Changes] = field(default_factory=dict)
    relays: list[Relay] = field(default_factory=list)
    questions: list[Question] = field(default_factory=list)
    ended_by: tuple[str, Any] | None = None
    deaf: bool = False

    def __post_init__(self) -> None:  # noqa: D105 - says nothing beyond the class
        self._loop = asyncio.get_running_loop()
        self._began = self._loop.time()
        self._stalls = Stalls(self.harness)
        self._registrars = Registrars(self.harness)

    async def learn(self) -> Knowledge:
        """Learn about every function that may be invoked."""
        self._begin()
        await self._explore(self.learners.values())
        retried = [learner for learner in self.learners.values() if learner.again()]
        await self._explore(one for one in retried if not is_ending(one.function_id))
        await self._explore(one for one in retried if is_ending(one.function_id))
        await self._explore(self._with_events())
        await self._look_alone()
        await self._find_relays()
        await self._find_parts()
        if not self._over:
            self._keep(await self._registrars.find(self._reply))
        if not self._over:
            self._keep(await find_fire(self.harness, self._tame(), self._reply))
        await self._compare_worlds()
        return self._knowledge()

    def _begin(self) -> None:
        invoker, settings = self.harness.invoker, self.harness.settings
        bindings = [r.message.json for r in self.harness.talk.registrations]
        chosen = itertools.islice(invoker.samples(), MOST_FUNCTIONS)
        for function_id, sample in chosen:
            body = self.harness.baseline.functions[function_id]
            if body.get("invocation") is not None:
                continue
            first = starts(function_id, body, sample, bindings)
            user = settings.invoking.functions.get(function_id)
            first = [*(user.examples if user else ()), *first]
            most = 1 if is_risky(function_id) else 200
            self.learners[function_id] = Learner(function_id, first, self.names, most)
            self.observed[function_id] = []
            self.calls[function_id] = {}

    def _with_events(self) -> list[Learner]:
        """The learners of functions to which the worker itself sends something."""
        events = deliveries(self.harness.talk, self._calls_since(0))
        return [one for name, one in self.learners.items() if one.offer(events.get(name, ()))]

    @property
    def _over(self) -> bool:
        gone = not self.harness.worker.running or not self.harness.workers
        spent = self._loop.time() - self._began - self._stalls.lost
        return gone or self.deaf or spent > self._granted(ALTOGETHER)

    def _granted(self, seconds: float) -> float:
        """The seconds that are granted: more on a slow or busy machine."""
        return seconds * self.harness.settings.timeout_factor * load_factor()

    # -- what data a function takes ----------------------------------------------------------------

    async def _explore(self, learners: Iterable[Learner]) -> None:
        free = asyncio.Semaphore(AT_ONCE)

        async def one(learner: Learner) -> None:
            async with free:
                await self._explore_one(learner)

        async with asyncio.TaskGroup() as tasks:
            for learner in learners:
                tasks.create_task(one(learner))

    async def _explore_one(self, learner: Learner) -> None:
        began = self._loop.time()
        while not self._over and self._loop.time() < began + self._granted(A_FUNCTION):
            proposal = learner.next()
            if proposal is None:
                return
            asked = self._loop.time()
            reply = await self._reply(learner.function_id, proposal[0])
            if reply is None:
                return
            if not reply.silent and self._loop.time() - asked > SILENT:
                self._stalls.suspect(learner.function_id, proposal[0])
            if reply.silent and not reply.calls:
                reply = await self._stalls.look(
                    learner.function_id,
                    proposal[0],
                    reply,
                    partial(self._reply, learner.function_id, proposal[0]),
                )
                if reply is None:
                    return
            learner.take(proposal[0], reply)
            if reply.silent:
                await self._look_into_silence(learner.function_id, proposal[0], reply)
            self.observed[learner.function_id].append((proposal[0], reply))

    async def _look_into_silence(self, function_id: str, data: Any, reply: Reply) -> None:
        """See whether an invocation that made a call, and is not answered, blocks others.

        If so, nothing more can be learned but that it waits for its call and blocks the worker.
        """
        pulse = self.harness.baseline.pulse
        if self._over or pulse is None or not reply.calls:
            return
        answer = await self.harness.invoker.reply(self.harness.invoker.invoke(pulse, {}), SILENT)
        if answer is None and not self.deaf:
            self.deaf = True
            self.relays.append(Relay(function_id, data, reply.calls[0]))

    async def _reply(
        self, function_id: str, data: Any, metadata: Any = None, within: float = SILENT
    ) -> Reply | None:
        """Invoke and wait briefly; ``None`` if the worker is gone."""
        trace = uuid.uuid4().hex
        fields: dict[str, Any] = {"traceparent": traceparent(trace)}
        if metadata is not None:
            fields["metadata"] = metadata
        try:
            invocation = self.harness.invoker.invoke(function_id, data, **fields)
        except Inconclusive:
            return None
        answer = await self.harness.invoker.reply(invocation, within)
        if not self.harness.worker.running:
            self.ended_by = self.ended_by or (function_id, data)
            return None
        self._registrars.note(function_id, data, invocation.at)
        return reply_of(answer, self._traced(invocation, trace))

    def _traced(self, invocation: Invocation, trace: str) -> tuple[str, ...]:
        """The functions called within the trace of an invocation, each once."""
        calls = [call for call in self._calls_since(invocation.at) if call.at >= invocation.at]
        for call in calls:
            self.names.note(call.json.get("data"))
        return tuple(
            dict.fromkeys(
                str(call.json.get("function_id"))
                for call in calls
                if trace in str(call.json.get("traceparent"))
            )
        )

    def _calls_since(self, at: float) -> list[Message]:
        return [
            message
            for message in self.harness.talk.recent(at)
            if message.type == "invokefunction" and message.json.get("function_id") != ANNOUNCE
        ]

    # -- alone -------------------------------------------------------------------------------------

    async def _look_alone(self) -> None:
        """Invoke each function once with nothing else in flight, so that all calls are its own."""
        for function_id, learner in self.learners.items():
            learned = learner.learned()
            if self._over or not learned.examples or is_risky(function_id):
                continue
            if learned.depth is Depth.UNKNOWN:
                continue
            began = self.harness.transcript.now()
            within = BRIEF if learned.depth is Depth.SILENT else SILENT
            reply = await self._reply(function_id, learned.examples[0], within=within)
            if reply is not None:
                made = (str(call.json.get("function_id")) for call in self._calls_since(began))
                self.calls[function_id] |= dict.fromkeys(made)

    # -- parts -------------------------------------------------------------------------------------

    async def _find_parts(self) -> None:
        for function_id, learner in self.learners.items():
            learned = learner.learned()
            for part in failing(function_id, self.observed[function_id]):
                self.parts.setdefault(part.role, part)
            if learned.depth < Depth.RESULT or is_risky(function_id) or self._over:
                continue
            shown: list[Probe] = []
            for data, metadata in probes(learned.examples[0]):
                reply = await self._reply(function_id, data, metadata)
                if reply is None:
                    return
                shown.append(Probe(data, metadata, reply))
                if reply.failed or reply.silent:
                    break
            else:
                for part in parts(function_id, learned.examples[0], shown):
                    self._believe(part)
            made = echoed(shown)
            if made is not None:
                self.echoed[function_id] = made

    def _tame(self) -> list[tuple[str, Any]]:
        """The functions that take data and have no effects outside the worker, with such data."""
        known = {name: learner.learned() for name, learner in self.learners.items()}
        return [
            (name, learned.examples[0])
            for name, learned in known.items()
            if learned.depth >= Depth.RESULT and not is_risky(name)
        ]

    def _keep(self, found: Iterable[Part]) -> None:
        for part in found:
            self.parts[part.role] = part

    def _believe(self, part: Part) -> None:
        """Keep a part; of several echoes the simplest is the best."""
        known = self.parts.get(part.role)
        if known is None or (len(part.lens), str(part.data)) < (len(known.lens), str(known.data)):
            self.parts[part.role] = part

    # -- calls that are waited for -----------------------------------------------------------------

    async def _find_relays(self) -> None:
        calling = {
            function_id: learner.learned()
            for function_id, learner in self.learners.items()
            if self.calls[function_id]
        }
        self.relays += await RelayFinder(self.harness, lambda: self._over).find(calling)

    # -- two worlds ------------------------------------------------------------------------------

    async def _compare_worlds(self) -> None:
        bindings = [r.message.json for r in self.harness.talk.registrations]
        functions, calls = self._knowledge().functions, self._calls_since(0)
        kept = [call for call in calls if call.json["function_id"] in STATE_WRITES]
        stored = [call.json.get("data") for call in kept]
        self.questions = await compare(self._outcome, self.relays, functions, bindings, stored)

    async def _outcome(self, function_id: str, data: Any, *, barren: bool) -> Outcome | None:
        """The outcome of an invocation with nothing else in flight; ``None`` without an answer.

        With ``barren``, no stored value is found.
        """
        if self._over:
            return None
        began = self.harness.transcript.now()
        self.harness.gateway.barren = barren
        try:
            reply = await self._reply(function_id, data)
        finally:
            self.harness.gateway.barren = False
        if reply is None or reply.silent:
            return None
        return outcome_of(self.harness.talk, data, reply, self._calls_since(began))

    # -- what it comes to --------------------------------------------------------------------------

    def _knowledge(self) -> Knowledge:
        functions: dict[str, Learned] = {}
        for function_id, learner in self.learners.items():
            learned = learner.learned()
            calls = tuple(dict.fromkeys((*learned.calls, *self.calls[function_id])))
            depth = Depth.CALLED if calls else learned.depth
            functions[function_id] = replace(learned, depth=depth, calls=calls)
        return Knowledge(
            functions,
            self.parts,
            tuple(self.relays),
            tuple(self.questions),
            self.ended_by,
            self.harness.transcript.now(),
            tuple(self._stalls.found),
            self.echoed,
        )


WELL_KNOWN = ("echo", "call", "sleep")
"""The parts that allow most to be judged; a worker that has them need not be learned about."""


def is_of_use(harness: Harness) -> bool:
    """Whether learning could show more than the worker's well-known functions do."""
    invoker = harness.invoker
    lacking = not all(invoker.plays(role) for role in WELL_KNOWN)
    return lacking and harness.baseline.pulse is not None and bool(invoker.samples())


async def learn(harness: Harness) -> Knowledge:
    """Learn about the functions of the worker of a harness, which must be ready."""
    return await Session(harness).learn()
