"""The task of judging one worker."""

from __future__ import annotations

import sys
from pathlib import Path

import yaml

from conformance.matrix.plan import Candidate
from conformance.matrix.task import KEPT, OUTPUT, Runs, Task, kept, task
from conformance.requirements.verdict import Outcome
from tests.conformance.report.making import entry, reporter

SLEEPS = Task("slow", (), (sys.executable, "-c", "import time; time.sleep(60)"), ".", 0.5)


def test_what_the_file_says_of_a_worker_becomes_options() -> None:
    functions = {"a::b": {"examples": [1]}}
    candidate = Candidate(
        "one",
        Path("folder"),
        ("node", "w.js"),
        environment={"A": "b c"},
        options={
            "exclude": ["x::*", "y"],
            "isolate": True,
            "no-invoke": False,
            "protocol": "0.23",
            "timeout-factor": 2,
            "functions": functions,
            "level": "default",
        },
        limit=5,
    )

    made = task(candidate, ["--requirement=CON-*"], full=True, factor=3)

    assert set(made.words) == {
        "--exclude=x::*",
        "--exclude=y",
        "--isolate",
        "--protocol=0.23",
        "--timeout-factor=6",
        "--level=full",
        "--worker-env=A=b c",
        "--requirement=CON-*",
    }
    assert made.configuration == {"functions": functions}
    assert (made.command, made.folder, made.limit) == (("node", "w.js"), "folder", 5)


def test_an_image_is_an_option() -> None:
    made = task(Candidate("one", Path(), image="me/w:1", network="n"), [], full=False, factor=1)

    assert set(made.words) == {"--worker-image=me/w:1", "--worker-network=n"}
    assert made.command == ()


def test_a_run_that_takes_too_long_is_ended_and_says_so(tmp_path: Path) -> None:
    ending = Runs().run(SLEEPS, tmp_path)

    assert "more than 0.5 s" in ending.fault
    assert kept(SLEEPS, tmp_path) is None


def test_a_mistake_in_the_options_is_told(tmp_path: Path) -> None:
    wrong = Task("wrong", ("--requirement=NONE-*",), ("true",), ".", 60)

    ending = Runs().run(wrong, tmp_path)

    assert "NONE-*" in ending.fault
    assert (tmp_path / OUTPUT).is_file()


def test_the_configuration_is_a_file_beside_the_report(tmp_path: Path) -> None:
    roles = {"roles": {"echo": "a::b"}}
    made = Task("one", ("--requirement=NONE-*",), ("true",), ".", 60, roles)

    Runs().run(made, tmp_path)

    assert yaml.safe_load((tmp_path / "conformance.yaml").read_text()) == roles


def test_a_result_is_kept_for_the_same_task_alone(tmp_path: Path) -> None:
    done = Task("one", ("--a",), ("w",), ".", 60)
    reporter(tmp_path, entry(1, Outcome.PASSED)).finished(0)
    (tmp_path / KEPT).write_text(f'{{"digest": "{done.digest}", "seconds": 2.5, "fault": ""}}')

    ending = kept(done, tmp_path)

    assert ending is not None
    assert ending.seconds == 2.5
    assert kept(Task("one", ("--b",), ("w",), ".", 60), tmp_path) is None
    assert kept(done, tmp_path / "none") is None
    reporter(tmp_path, entry(1, Outcome.PASSED)).finished(2)
    assert kept(done, tmp_path) is None  # an interrupted run
