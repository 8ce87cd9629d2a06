"""Workers are built and judged, and their results are stored."""

from __future__ import annotations

import json
from concurrent.futures import Future
from pathlib import Path

from conformance.matrix.plan import Candidate
from conformance.matrix.run import WORKERS, judge_all
from conformance.matrix.task import KEPT, Ending, Task
from conformance.requirements.verdict import Outcome
from tests.conformance.report.making import entry, reporter


class Machines:
    """Judges at once: for each task, the requirement with the number in its last word is met."""

    def __init__(self, *unbuildable: str) -> None:
        self.unbuildable = unbuildable
        self.built: list[str] = []
        self.judged: list[Task] = []

    def build(self, candidate: Candidate) -> str:
        self.built.append(candidate.name)
        return "cannot be built\n  output" if candidate.name in self.unbuildable else ""

    def submit(self, task: Task, folder: Path) -> Future[Ending]:
        self.judged.append(task)
        reporter(folder, entry(int(task.words[-1]), Outcome.PASSED)).finished(0)
        kept = {"digest": task.digest, "seconds": 1.0, "fault": ""}
        (folder / KEPT).write_text(json.dumps(kept))
        future: Future[Ending] = Future()
        future.set_result(Ending(1.0))
        return future

    def stop(self) -> None:
        pass


def work(name: str, *numbers: int) -> tuple[Candidate, list[Task]]:
    return Candidate(name, Path(), ("w",)), [Task(name, (str(n),), (), ".", 1) for n in numbers]


def test_columns_keep_their_order_and_what_cannot_be_built_says_why(tmp_path: Path) -> None:
    lines: list[str] = []
    machines = Machines("b")

    columns = judge_all(
        [work("a", 1), work("b", 1), work("c", 1)], tmp_path, machines, notify=lines.append
    )

    assert [column.name for column in columns] == ["a", "b", "c"]
    assert [bool(column.entries) for column in columns] == [True, False, True]
    assert columns[1].fault == "cannot be built\n  output"
    assert set(lines) == {"a: judged in 1.0 s", "b: cannot be built", "c: judged in 1.0 s"}


def test_the_shares_of_a_worker_become_one_report(tmp_path: Path) -> None:
    (column,) = judge_all([work("a", 1, 2, 3)], tmp_path, Machines())

    assert [each.id for each in column.entries] == ["CON-001", "CON-002", "CON-003"]
    assert column.seconds == 3.0
    assert (tmp_path / WORKERS / "a" / "report.html").is_file()


def test_a_run_that_is_resumed_judges_the_rest(tmp_path: Path) -> None:
    judge_all([work("a", 1)], tmp_path, Machines())
    machines = Machines()

    columns = judge_all([work("a", 1), work("b", 2)], tmp_path, machines, resuming=True)

    assert machines.built == ["b"]
    assert [task.name for task in machines.judged] == ["b"]
    assert all(column.entries for column in columns)


def test_without_resuming_everything_is_judged_anew(tmp_path: Path) -> None:
    judge_all([work("a", 1)], tmp_path, Machines())
    machines = Machines()

    judge_all([work("a", 1)], tmp_path, machines, building=False)

    assert (machines.built, len(machines.judged)) == ([], 1)
