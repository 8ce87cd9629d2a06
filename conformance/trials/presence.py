"""Whether a worker is there: connected, announced, and with all that it registers."""

from __future__ import annotations

from collections import Counter

from conformance.errors import WorkerMissing
from conformance.trials.context import Context
from conformance.trials.conversation import Conversation
from conformance.trials.invoker import Invoker
from conformance.trials.load import load_factor
from conformance.trials.pace import PERSON
from conformance.trials.processes import Processes
from conformance.trials.vitality import Signs, Vitality
from mock_engine.transcript import Accepted

SLICES = 12
"""How often a worker that has not sent anything yet is checked within the time that it has for
that."""


class Presence:
    """Waits for what a worker does by itself. Sends it nothing but a pulse.

    ``first`` is the conversation of the first run so far. What the worker unregisters there by
    itself is not waited for here.
    """

    def __init__(
        self,
        context: Context,
        worker: Processes,
        invoker: Invoker,
        first: Conversation | None = None,
    ) -> None:
        self._first = first
        self._context = context
        self._worker = worker
        self._invoker = invoker

    async def spoke(self) -> bool:
        """Wait until a worker has sent its first message; false if none did in time."""
        context = self._context

        def decided() -> bool:
            return bool(context.talk.workers) or not self._worker.running

        if not context.settings.subject.starts:
            await context.until(decided, PERSON)
            return bool(context.talk.workers)
        vitality, began = Vitality(context.pace.appearance), context.transcript.now()
        while not decided() and vitality.awaits(self._signs(began), load_factor()):
            await context.until(decided, context.pace.appearance / SLICES, patient=False)
        return bool(context.talk.workers)

    def _signs(self, began: float) -> Signs:
        """What the worker has done since it was started."""
        usage = self._worker.process.usage()
        return Signs(
            self._context.transcript.now() - began,
            self._worker.process.output.written,
            sum(1 for _ in self._context.transcript.of(Accepted)),
            usage.seconds if usage is not None else None,
        )

    async def ready(self) -> None:
        """Wait until the worker has registered the same as in its first run, and responds.

        Raises:
            WorkerMissing: it did not.
        """
        if not await self.present(self._context.pace.appearance):
            if not self._context.workers:
                self._worker.doubt()
            raise WorkerMissing(f"the worker, started anew, {self.missing()}")
        # An answer shows that what came before it, the greeting, was read.
        if self._context.baseline.pulse is not None and not await self._invoker.pulse():
            raise WorkerMissing("the worker, started anew, did not answer an invocation in time")
        # One for telemetry may come last; opened later, it would look like a reconnect.
        await self._context.until(
            lambda: len(self._context.talk.open) >= self._context.baseline.sockets,
            self._context.pace.sockets,
        )

    async def present(self, within: float) -> bool:
        """Wait until open connections hold all that the baseline declares, announced."""
        return await self._context.until(self._is_complete, within)

    def missing(self) -> str:
        """What the worker lacks to be complete, in words."""
        if not self._context.workers:
            return "opened no connection that it spoke on"
        registered = self._context.talk.registered(self._context.workers)
        lacking = self._wanted() - registered
        if lacking:
            names = ", ".join(f"{kind} {identity}" for kind, identity in list(lacking)[:3])
            return f"did not register all it registered in its first run; missing: {names}"
        spoke = len(self._context.workers)
        if spoke < self._context.baseline.workers:
            return f"spoke on {spoke} connections instead of {self._context.baseline.workers}"
        return "did not announce itself"

    def declared(self) -> Counter[tuple[str, str]]:
        """What is registered on open connections."""
        return self._context.talk.declared(self._context.workers)

    def _wanted(self) -> Counter[tuple[str, str]]:
        """What the worker registers whenever it is started, and does not unregister."""
        brief: Counter[tuple[str, str]] = Counter()
        if self._first is not None:
            brief = self._first.withdrawn()
        return self._context.baseline.declared - brief

    def _is_complete(self) -> bool:
        workers, wanted = self._context.workers, self._wanted()
        if (
            len(workers) < self._context.baseline.workers
            or len(self._context.talk.registrations) < wanted.total()
        ):
            return False
        announced = self.is_announced() or not self._context.baseline.announced
        # What a worker unregisters by itself was registered before.
        return announced and wanted <= self._context.talk.registered(workers)

    def is_announced(self) -> bool:
        """Whether every connected worker has announced itself."""
        return all(self._context.talk.announcements(number) for number in self._context.workers)

    async def settled(self) -> None:
        """Wait until no further registration arrives: the set of a first run is complete."""
        began = self._context.transcript.now()
        while (
            self._worker.running
            and self._context.transcript.now() - began < self._context.pace.registering
        ):
            _, announced = before = self._counts()
            quiet = self._context.pace.quiet if announced else self._context.pace.unannounced_quiet
            if not await self._context.until(lambda: self._counts() != before, quiet):  # noqa: B023
                return

    def _counts(self) -> tuple[int, int]:
        return len(self._context.talk.registrations), len(self._context.talk.announcements())
