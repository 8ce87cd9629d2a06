"""Whether a worker is there: connected, announced, and with all that it registers."""

from __future__ import annotations

from collections import Counter

from conformance.errors import WorkerMissing
from conformance.trials.context import Context
from conformance.trials.invoker import Invoker
from conformance.trials.pace import PERSON
from conformance.trials.processes import Processes


class Presence:
    """Waits for what a worker does by itself. Nothing here sends it more than a pulse."""

    def __init__(self, context: Context, worker: Processes, invoker: Invoker) -> None:
        self._context = context
        self._worker = worker
        self._invoker = invoker

    async def spoke(self) -> bool:
        """Wait until a worker has sent its first message; false when none did in time."""
        within = self._context.pace.appearance if self._context.settings.subject.starts else PERSON
        await self._context.until(
            lambda: self._context.talk.workers or not self._worker.running, within
        )
        return bool(self._context.talk.workers)

    async def ready(self) -> None:
        """Wait until the worker has registered what it registered in its first run, and listens.

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
        """What keeps the worker from being complete, in words."""
        if not self._context.workers:
            return "opened no connection that it spoke on"
        lacking = self._context.baseline.declared - self.declared()
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

    def _is_complete(self) -> bool:
        workers, wanted = self._context.workers, self._context.baseline.declared
        if (
            len(workers) < self._context.baseline.workers
            or len(self._context.talk.registrations) < wanted.total()
        ):
            return False
        announced = self.is_announced() or not self._context.baseline.announced
        return announced and wanted <= self.declared()

    def is_announced(self) -> bool:
        """Whether every worker that is connected has announced itself."""
        return all(self._context.talk.announcements(number) for number in self._context.workers)

    async def settled(self) -> None:
        """Wait until no further registration comes: the set of a first run is complete."""
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
