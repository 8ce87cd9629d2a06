"""Builds and judges the workers of a matrix, some at a time."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from conformance.judging.entry import REQUIREMENT, Entry
from conformance.matrix.plan import Candidate
from conformance.matrix.task import SHOWN_LINES, Ending, Runs, Task, kept, read
from conformance.report.document import Report
from conformance.report.merging import merge_folders
from conformance.report.subject import about

WORKERS = "workers"
"""The folder of the workers' own reports, within that of the matrix."""

SHARES = "shares"
"""The folder of the shares of a worker's report, within that of the worker."""


@dataclass(frozen=True, slots=True)
class Column:
    """The result for one worker: the report on it, or what went wrong, in ``fault``.

    ``seconds`` is how long judging it took.
    """

    candidate: Candidate
    report: Report | None = None
    seconds: float = 0.0
    fault: str = ""

    @property
    def name(self) -> str:
        """The name of the worker."""
        return self.candidate.name

    @property
    def entries(self) -> tuple[Entry, ...]:
        """The verdicts on requirements."""
        verdicts = self.report.verdicts if self.report else ()
        return tuple(entry for entry in verdicts if entry.kind == REQUIREMENT)

    @property
    def about(self) -> tuple[str, ...]:
        """The worker's description, in a few lines."""
        return tuple(about(self.report.subject)) if self.report else ()


class Machines(Protocol):
    """Where workers are built and judged."""

    def build(self, candidate: Candidate) -> str:
        """Build a worker; return what went wrong, or an empty text."""

    def submit(self, task: Task, folder: Path) -> Future[Ending]:
        """Begin to judge a worker; its report is in ``folder`` when that has ended."""

    def stop(self) -> None:
        """End what is still running."""


class ThisMachine:
    """The machine that this runs on, which judges some workers at a time."""

    def __init__(self, jobs: int) -> None:
        self._pool = ThreadPoolExecutor(jobs)
        self._runs = Runs()

    def build(self, candidate: Candidate) -> str:
        """Build a worker; return what went wrong, or an empty text."""
        return build(candidate)

    def submit(self, task: Task, folder: Path) -> Future[Ending]:
        """Begin to judge a worker as soon as there is room for it."""
        return self._pool.submit(self._runs.run, task, folder)

    def stop(self) -> None:
        """End what is still running."""
        self._pool.shutdown(wait=False, cancel_futures=True)
        self._runs.stop()
        self._pool.shutdown()


def build(candidate: Candidate) -> str:
    """Run the build commands of a worker; return what went wrong, or an empty text."""
    for command in candidate.build:
        try:
            done = subprocess.run(  # noqa: S603 - the user's own commands
                command.words,
                cwd=candidate.folder,
                env={**os.environ, **candidate.environment},
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
                errors="replace",
                check=False,
            )
        except OSError as fault:
            return f"cannot be built: {fault.strerror}: {fault.filename!r} ({command.text})"
        if done.returncode:
            wrote = "\n".join(f"  {line}" for line in done.stdout.splitlines()[-SHOWN_LINES:])
            return f"cannot be built: exit code {done.returncode}: {command.text}\n{wrote}"
    return ""


def judge_all(
    tasks: Sequence[tuple[Candidate, Sequence[Task]]],
    folder: Path,
    machines: Machines,
    *,
    building: bool = True,
    resuming: bool = False,
    notify: Callable[[str], None] = lambda _: None,
) -> list[Column]:
    """Build the workers one after another, then judge them, and keep their order.

    A worker has one task, or several, each of which judges a share; its folder in ``folder`` has
    the whole report in the end. When ``resuming``, a task with a result is not run again, and a
    worker without other tasks is not built. ``notify`` gets a line about each step when it is done.
    """
    columns: dict[str, Column] = {}
    begun: list[_Begun] = []
    for candidate, shares in tasks:
        work = _Begun(candidate, folder / WORKERS / candidate.name, shares)
        if resuming:
            work.resume()
        if work.left and building and (fault := machines.build(candidate)):
            columns[candidate.name] = Column(candidate, fault=fault)
            notify(f"{candidate.name}: {fault.splitlines()[0]}")
            continue
        if work.left and building and candidate.build:
            notify(f"{candidate.name}: built")
        begun.append(work)
    futures = {
        machines.submit(work.tasks[number], work.places[number]): (work, number)
        for work in begun
        for number in work.left
    }
    for work in begun:
        if not work.left:
            columns[work.candidate.name] = work.column()
            notify(f"{work.candidate.name}: was judged before")
    for future in as_completed(futures):
        work, number = futures[future]
        work.endings[number] = future.result()
        if not work.left:
            column = work.column()
            columns[column.name] = column
            fault = column.fault.partition("\n")[0]
            notify(f"{column.name}: {fault or f'judged in {column.seconds:.1f} s'}")
    return [columns[candidate.name] for candidate, _ in tasks]


class _Begun:
    """The tasks of one worker: how the finished ones ended; ``left`` are the others."""

    def __init__(self, candidate: Candidate, folder: Path, tasks: Sequence[Task]) -> None:
        self.candidate = candidate
        self.folder = folder
        self.tasks = tasks
        self.places = (
            [folder]
            if len(tasks) == 1
            else [folder / SHARES / str(number) for number in range(1, 1 + len(tasks))]
        )
        self.endings: dict[int, Ending] = {}

    @property
    def left(self) -> list[int]:
        """The numbers of the tasks that have no result yet."""
        return [number for number in range(len(self.tasks)) if number not in self.endings]

    def resume(self) -> None:
        """Take over the results that are there."""
        for number, (task, place) in enumerate(zip(self.tasks, self.places, strict=True)):
            if (ending := kept(task, place)) is not None:
                self.endings[number] = ending

    def column(self) -> Column:
        """The result for the worker, from all its tasks together."""
        if len(self.tasks) > 1:
            merge_folders([place for place in self.places if read(place)], self.folder)
        seconds = sum(ending.seconds for ending in self.endings.values())
        faults = dict.fromkeys(e.fault for e in self.endings.values() if e.fault)
        return Column(self.candidate, read(self.folder), seconds, "\n".join(faults))
