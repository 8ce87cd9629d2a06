"""The harness of a trial: one engine, one worker, and the means to control, invoke and await it."""

from __future__ import annotations

from conformance.settings.settings import Settings
from conformance.subject.place import Place
from conformance.trials.background import completed
from conformance.trials.baseline import Baseline
from conformance.trials.context import Context
from conformance.trials.conversation import Conversation
from conformance.trials.invoker import Invoker
from conformance.trials.presence import Presence
from conformance.trials.processes import Processes
from conformance.trials.starts import Starts


class Harness(Context):
    """A context with three handles.

    ``worker`` starts and kills the worker, ``invoker`` invokes its functions, and ``presence``
    waits for what the worker does by itself. ``starts`` is as for ``Processes``, and ``first`` as
    for ``Presence``.
    """

    def __init__(
        self,
        settings: Settings,
        baseline: Baseline,
        place: Place,
        *,
        port: int = 0,
        starts: Starts | None = None,
        first: Conversation | None = None,
    ) -> None:
        super().__init__(settings, baseline, place, port=port)
        self.worker = Processes(self, starts)
        self.invoker = Invoker(self, self.worker)
        self.presence = Presence(self, self.worker, self.invoker, first)

    async def restart(self) -> None:
        """Kill the worker and start it anew.

        Raises:
            Inconclusive: it does not come back complete.
        """
        await self.worker.end()
        await self.until(lambda: not self.workers, self.pace.settle)
        await self.worker.start()
        await self.presence.ready()

    async def close(self) -> None:
        """Kill the worker and stop the engine, whoever cancels that meanwhile."""
        await completed(self._close())

    async def _close(self) -> None:
        await self.worker.kill()
        await self.close_engine()
        await self.place.close()
