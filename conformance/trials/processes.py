"""The processes of a worker: started, restarted, killed, and what they wrote."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Iterator, Mapping

from conformance.subject.output import Search
from conformance.subject.place import Run, Start
from conformance.subject.process import describe_exit
from conformance.trials.context import Context
from conformance.trials.life import LifeEvent, Turn
from conformance.trials.load import load_factor
from conformance.trials.starts import Starts
from mock_engine.transcript import Accepted


class Processes:
    """Every run of the worker in one context, the newest last.

    ``starts`` bounds how many workers start at a time: many at once would be slower than the one
    that was timed. It is notified of starts that went wrong. ``life`` is what happened to the
    processes.
    """

    def __init__(self, context: Context, starts: Starts | None = None) -> None:
        self._context = context
        self._starts = starts or Starts()
        self._starting: set[asyncio.Task[None]] = set()
        self._processes: list[Run] = []
        self.life: list[LifeEvent] = []

    @property
    def process(self) -> Run:
        """The newest run of the worker."""
        return self._processes[-1]

    @property
    def running(self) -> bool:
        """Whether the newest run has not ended."""
        return self.process.running

    @property
    def exit_code(self) -> int | None:
        """How the newest process of the worker ended, if there is one and it has ended."""
        return self._processes[-1].exit_code if self._processes else None

    @property
    def log(self) -> list[str]:
        """The last lines of each run of the worker, in order."""
        return [line for process in self._processes for line in process.output.tail(40)]

    def output(self) -> Iterator[str]:
        """All the kept output of the worker, with a heading for each of its processes."""
        for process in self._processes:
            code = process.exit_code
            ended = "runs" if code is None else describe_exit(code)
            yield f"# {process.name}: {ended}"
            if process.output.dropped:
                yield f"# {process.output.dropped} lines before these were dropped"
            for line in process.output.lines:
                yield f"{line.at:9.3f} s  {line.text}"

    def look_for(self, *texts: str) -> Search:
        """Look for texts in everything that the newest process writes from now on."""
        search = Search(texts)
        self.process.output.searches.append(search)
        return search

    async def start(
        self, also: Mapping[str, str] | None = None, query: str = "", *, input_stays: bool = False
    ) -> None:
        """Listen, unless the engine already does, and start the worker.

        ``also`` are further variables of its environment; ``query`` is added to the address. Its
        standard input is at its end unless ``input_stays`` (open).
        """
        if not self._context.listener.has_port:
            await self._context.open_engine()
        free = await self._starts.begin()
        spoke = len(self._context.talk.workers)
        start = asyncio.ensure_future(self._let_others_start())
        self._starting.add(start)
        start.add_done_callback(lambda _: free.release())
        process = await self._context.place.start(
            Start(
                self._context.listener.port,
                self._context.transcript.now,
                self._context.settings.variables,
                {**self._context.settings.environment, **(also or {})},
                query,
                input_stays,
            )
        )
        self._processes.append(process)
        self._note(process, Turn.STARTED)
        process.on_exit.append(lambda: self._note(process, Turn.EXITED, process.exit_code))
        process.on_exit.append(lambda: self._look_at(process, spoke))
        process.on_exit.append(self._context.notify)
        if not process.running:
            self._look_at(process, spoke)
            self._note(process, Turn.EXITED, process.exit_code)

    def _note(self, process: Run, turn: Turn, code: int | None = None) -> None:
        number = self._processes.index(process)
        self.life.append(LifeEvent(self._context.transcript.now(), number, turn, code))

    def signal(self, number: signal.Signals, process: Run | None = None) -> None:
        """Send a signal to a process: the newest unless another is given."""
        target = process or self.process
        self._note(target, Turn.SIGNALLED, number)
        target.send_signal(number)

    async def end(self, process: Run | None = None) -> None:
        """Kill a process with everything that it started: the newest unless another is given."""
        target = process or self.process
        self._note(target, Turn.KILLED)
        await target.kill()

    def _look_at(self, process: Run, spoke: int) -> None:
        """Doubt the start of a process that has ended, unless it spoke or was ended from here."""
        if self.ended_by_itself(process) and len(self._context.talk.workers) <= spoke:
            self.doubt()

    def ended_by_itself(self, process: Run | None = None) -> bool:
        """Whether a process, the newest unless another is given, ended without being told to."""
        chosen = process or self.process
        number = self._processes.index(chosen)
        told = (Turn.SIGNALLED, Turn.KILLED)
        disturbed = any(each.turn in told for each in self.life if each.process == number)
        return not (chosen.running or disturbed)

    def doubt(self) -> None:
        """Report that a worker did not start as it did at first, although nothing hindered it."""
        self._starts.doubt()

    async def _let_others_start(self) -> None:
        """Wait until the worker that is being started dials, or its time for that is up.

        Whether it then sends something depends on what the engine does to it.
        """
        events = self._context.transcript.events
        before = len(events)
        seconds = 0.1 + 1.5 * self._context.baseline.pace.startup
        await self._context.until(
            lambda: any(isinstance(event, Accepted) for event in events[before:]), seconds
        )

    async def remaining(self) -> tuple[str, ...]:
        """What of the worker is still running after a moment to settle, in words."""
        return await self.process.remaining(self._context.pace.settle * load_factor())

    async def kill(self) -> None:
        """Kill everything that is running."""
        for start in self._starting:
            start.cancel()
        for process in self._processes:
            await self.end(process)
