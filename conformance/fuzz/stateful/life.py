"""One worker on one harness, behind blocking calls: Hypothesis's machines are synchronous."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Coroutine
from typing import Any, Self, TypeVar

from conformance.fuzz.stateful.model import Model
from conformance.settings.settings import Settings
from conformance.trials.baseline import Baseline
from conformance.trials.conversation import Identity
from conformance.trials.harness import Harness
from conformance.trials.invoker import Invocation
from mock_engine.faults import Fault, Schedule
from mock_engine.transcript import Direction

Value = TypeVar("Value")

EXTRA = "conformance::extra::"
"""The prefix of functions that the role ``register`` adds."""


def extra(name: str) -> Identity:
    """The identity of a function that the role ``register`` adds."""
    return "registerfunction", json.dumps(f"{EXTRA}{name}")


class Wrong(AssertionError):  # noqa: N818 - what a worker did, not a fault of the suite
    """The worker did something that the model forbids."""

    def __init__(self, expected: str, seen: str) -> None:
        super().__init__(f"expected {expected}; seen: {seen}")
        self.expected, self.seen = expected, seen


class Loop:
    """An event loop in a thread of its own."""

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()

    def run(self, work: Coroutine[Any, Any, Value]) -> Value:
        """Run a coroutine to its end."""
        return asyncio.run_coroutine_threadsafe(work, self._loop).result()

    def close(self) -> None:
        """End the thread."""
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()


class Life:
    """A started worker. Each method waits until its effects have settled.

    Raises:
        Wrong: from any method, when the worker does what it must not.
        Inconclusive: the worker is not ready in time when it is started.
    """

    def __init__(self, loop: Loop, settings: Settings, baseline: Baseline, *, reattaches: bool):
        self._loop = loop
        self._settings, self._baseline = settings, baseline
        self.model = Model(baseline.declared, reattaches, baseline.announced)
        self._harness: Harness
        self._lost = False

    def start(self) -> Self:
        """Start the worker and wait until it is ready."""
        self._loop.run(self._start())
        return self

    async def _start(self) -> None:
        place = await self._settings.subject.place()
        self._harness = Harness(self._settings, self._baseline, place)
        await self._harness.worker.start()
        await self._harness.presence.ready()

    def stop(self) -> None:
        """End the worker and its engine."""
        self._loop.run(self._harness.close())

    @property
    def log(self) -> list[str]:
        """The worker's last lines."""
        return self._harness.worker.log[-10:]

    # -- what happens to it ----------------------------------------------------------------------

    def invoke(self, function_id: str, data: Any) -> None:
        """Invoke a function and wait for its one answer."""
        self._loop.run(self._invoke(function_id, data))

    async def _invoke(self, function_id: str, data: Any) -> None:
        harness = self._harness
        invocation = harness.invoker.invoke(function_id, data)
        await self._answered(invocation)

    async def _answered(self, invocation: Invocation) -> Any:
        harness = self._harness
        reply = await harness.invoker.reply(invocation, harness.pace.handler)
        if reply is None:
            self._complain(f"an answer of {invocation.function_id}", "none")
            raise AssertionError
        count = len(harness.invoker.replies(invocation))
        if count > 1:
            raise Wrong(f"one answer of {invocation.function_id}", f"{count}")
        if reply.connection != invocation.connection:
            raise Wrong("the answer on the connection of the question", "it came on another one")
        return reply.json

    def lose(self, fault: Fault, *, schedule: Schedule = (), busy: str | None = None) -> None:
        """Lose a connection, perhaps during an invocation, and check that the worker returns.

        ``schedule`` are the faults of the next connections, ``busy`` is a slow function.
        """
        self._loop.run(self._lose(fault, schedule, busy))

    async def _lose(self, fault: Fault, schedule: Schedule, busy: str | None) -> None:
        harness = self._harness
        number = harness.workers[0]
        greetings = self._greetings(number)
        if busy is not None:
            harness.invoker.invoke(busy, {"ms": 200})
        before = set(harness.talk.workers)
        self._lost = True
        harness.listener.play(schedule)
        harness.connection(number).inject(fault)
        patience = harness.pace.reconnect * (2 if schedule else 1)
        await harness.until(
            lambda: any(n not in before for n in harness.workers) or not harness.worker.running,
            patience,
        )
        fresh = [n for n in harness.workers if n not in before]
        if not fresh:
            self._complain("a new connection", f"none {patience:.0f} s after it was lost")
        await self._complete()
        harness.listener.play(())
        messages = [m.json for m in harness.talk.messages(fresh[-1]) if isinstance(m.json, dict)]
        if len(before & set(harness.talk.workers)) and len(fresh) == 1:
            fault_seen = self.model.returned(messages, greetings)
            if fault_seen is not None:
                raise Wrong("a reattach first, with the ids of the last greeting", fault_seen)
        await self._check()

    async def _complete(self) -> None:
        """Wait until what must be registered is, and then for what must not follow."""
        harness = self._harness
        wanted = self.model.offer()

        def there() -> bool:
            announced = harness.presence.is_announced() or not self.model.announces
            return announced and wanted <= set(harness.presence.declared())

        if not await harness.until(there, harness.pace.quiet):
            # The set is complete once it has been announced; what is missing then is lost.
            await harness.until(harness.presence.is_announced, harness.pace.announcement)
            await harness.until(there, 2 * harness.pace.quiet)
        await harness.until(lambda: False, 0.05, patient=False)

    def _greetings(self, number: int) -> list[dict[str, Any]]:
        sent = self._harness.talk.messages(number, Direction.FROM_ENGINE)
        return [m.json for m in sent if m.type == "workerregistered"]

    def register(self, role: str, name: str) -> None:
        """Make the worker register one more function."""
        self._loop.run(self._told(role, name))
        self.model.added.add(extra(name))
        self.model.removed.discard(extra(name))
        self.check()

    def unregister(self, role: str, name: str) -> None:
        """Make the worker unregister such a function."""
        self._loop.run(self._told(role, name))
        self.model.added.discard(extra(name))
        self.model.removed.add(extra(name))
        self.check()

    async def _told(self, role: str, name: str) -> None:
        harness = self._harness
        before = len(harness.talk.registrations) + len(harness.talk.unregistered)
        answer = await self._answered(harness.invoker.invoke(role, {"id": name}))
        if answer.get("error") is not None:
            raise Wrong(f"a result of {role}", f"the error {answer['error']}")
        await harness.until(
            lambda: len(harness.talk.registrations) + len(harness.talk.unregistered) > before,
            harness.pace.quiet,
        )

    def reject(self, function_id: str) -> None:
        """Tell the worker that another worker owns one of its functions."""
        self._loop.run(self._reject(function_id))
        self.check()

    async def _reject(self, function_id: str) -> None:
        harness = self._harness
        harness.send(
            harness.invoker.serving(function_id),
            {
                "type": "registrationrejected",
                "code": "FUNCTION_NAMESPACE_CONFLICT",
                "namespace": "default",
                "owner_worker_id": "0b7e1a52-0000-4000-8000-000000000000",
                "function_id": function_id,
            },
        )

    # -- what must be true -----------------------------------------------------------------------

    def check(self) -> None:
        """Compare the worker, and the engine's state, with the model."""
        self._loop.run(self._check())

    async def _check(self) -> None:
        harness = self._harness
        if not harness.worker.running:
            self._complain("the process lives", f"it ended with {harness.worker.process.exit_code}")
        if not harness.workers:
            self._complain("the worker is connected", "it has no open connection")
        # What comes twice on a first connection has nothing to do with the life cycle.
        seen = harness.talk.declared(harness.workers, repeats=self._lost)
        complaint = self.model.lacking(seen)
        if complaint is not None:
            raise Wrong("what the worker offers, each once", complaint)
        if self.model.announces and not harness.presence.is_announced():
            raise Wrong("an announcement on every connection", "none on the newest")
        if harness.baseline.pulse is not None and not await harness.invoker.pulse():
            self._complain("an answer to an invocation", "none")
        self._check_engine()

    def _check_engine(self) -> None:
        """The engine's own state: every function that is offered can be called."""
        served = {function.spec.id for function in self._harness.engine.core.functions}
        wanted = {
            json.loads(name) for kind, name in self.model.offer() if kind == "registerfunction"
        }
        missing = sorted(name for name in wanted - served if isinstance(name, str))
        if missing and not self.model.declared.total() > 1000:
            raise Wrong("functions that the engine can call", f"it cannot call {missing[:4]}")

    def _complain(self, expected: str, seen: str) -> None:
        process = self._harness.worker.process
        ended = "" if process.running else f"; the process ended with {process.exit_code}"
        raise Wrong(expected, seen + ended)
