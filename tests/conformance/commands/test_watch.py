"""``iii-conformance watch``."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest

from conformance.commands.watch import Judging, Restless, fits, follow, split
from conformance.report.folder import write_pages
from conformance.requirements.verdict import Outcome
from tests.conformance.report.making import entry, report


class Instant(Judging):
    """Judges at once; whether the broken requirements are fixed is set in advance."""

    def __init__(self, *broken: list[str]) -> None:
        super().__init__(Path())
        self.asked: list[list[str]] = []
        self.found = iter(broken)
        self.stopped = 0

    def start(self, words: Sequence[str], over: Callable[[int], None]) -> None:
        self.asked.append(list(words))
        over(0)

    def fresh(self) -> bool:
        return True

    def stop(self) -> None:
        self.stopped += 1

    def broken(self) -> list[str]:
        return next(self.found)


def test_after_a_change_what_was_broken_is_judged_first() -> None:
    judging = Instant(["CON-001", "REC-002"], [])

    assert follow(["--", "w"], [{"a"}, {"b"}], judging) == 0

    everything = ["--", "w"]
    first = ["--requirement=CON-001", "--requirement=REC-002", *everything]
    assert judging.asked == [everything, first, everything, everything]
    assert judging.stopped == 3


def test_what_is_still_broken_is_all_that_is_judged() -> None:
    judging = Instant(["CON-001"])
    start = judging.start
    judging.start = lambda words, over: start(words, lambda _: over(1))  # type: ignore[method-assign]

    follow(["--", "w"], [{"a"}], judging)

    assert len(judging.asked) == 2


def test_a_file_that_runs_write_is_left_out_once_it_has_met_three_in_a_row(
    capsys: pytest.CaptureFixture[str],
) -> None:
    judging = Instant(*([] for _ in range(5)))

    follow(["--", "w"], [{"log"}] * 4 + [{"log", "w.py"}], judging)

    assert judging.stopped == 2 + 1 + 1  # two by the log, one by the worker's file, one at the end
    assert capsys.readouterr().err.count("log changes whenever the worker is judged") == 1


@pytest.mark.parametrize(
    "changes",
    [
        [({"w.py"}, True), ({"w.py"}, True), ({"w.py"}, False), ({"w.py"}, True)],
        [({"w.py"}, True), ({"w.py"}, True), ({"x.py"}, True), ({"w.py"}, True)],
    ],
    ids=["a pause between", "another file between"],
)
def test_what_an_author_changes_goes_on_to_count(changes: list[tuple[set[str], bool]]) -> None:
    restless = Restless()

    assert all(restless.changes(names, fresh) == names for names, fresh in changes)


def test_ctrl_c_is_the_usual_end() -> None:
    def changes() -> Iterator[set[str]]:
        raise KeyboardInterrupt
        yield {"a"}

    assert follow([], changes(), Instant()) == 0


def test_the_words_before_the_command_are_those_of_judge_but_for_the_patterns() -> None:
    words = ["--watch", "src/**", "--strict", "--watch=*.py", "--", "w", "--watch", "x"]

    options, rest = split(words)

    assert options.watch == ["src/**", "*.py"]
    assert rest == ["--strict", "--", "w", "--watch", "x"]


def test_the_folder_of_the_report_is_this_command_s_own() -> None:
    options, rest = split(["--conformance-report", "out", "--", "w"])

    assert options.conformance_report == Path("out")
    assert rest == ["--", "w"]


@pytest.mark.parametrize(
    ("name", "patterns", "fit"),
    [
        ("src/a/b.py", [], True),
        ("src/a/b.py", ["src/**"], True),
        ("docs/a.md", ["src/**", "*.py"], False),
        ("w.py", ["*.py"], True),
        ("w.py", ["**/*.py"], True),
    ],
)
def test_patterns_are_about_the_path(name: str, patterns: list[str], fit: bool) -> None:
    assert fits(name, patterns) is fit


def test_what_the_last_run_found_broken_is_read_from_its_report(tmp_path: Path) -> None:
    judging = Judging(tmp_path)
    assert judging.broken() == []
    write_pages(tmp_path, report(entry(1, Outcome.FAILED), entry(2, Outcome.PASSED)))

    assert judging.broken() == ["CON-001"]


def test_a_run_is_over_with_its_exit_code(tmp_path: Path) -> None:
    over, codes = threading.Event(), list[int]()
    judging = Judging(tmp_path)

    def ended(code: int) -> None:
        codes.append(code)
        over.set()

    judging.start(["--requirement=NONE-*", "--", sys.executable], ended)

    assert over.wait(60)
    assert codes == [4]
    judging.stop()
