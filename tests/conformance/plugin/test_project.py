"""A worker is judged in a project that has tests, options and plugins of its own."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

import pytest

pytest_plugins = ["pytester"]

ROOT = Path(__file__).parents[3]
ECHO = f"{sys.executable} -m reference_workers.echo"


@pytest.fixture(autouse=True)
def _on_path(monkeypatch: pytest.MonkeyPatch) -> None:
    path = os.pathsep.join(filter(None, (str(ROOT), os.environ.get("PYTHONPATH"))))
    monkeypatch.setenv("PYTHONPATH", path)


def judge(
    pytester: pytest.Pytester, *arguments: str, command: str = ECHO, chosen: str = "CON-003"
) -> pytest.RunResult:
    plain = ("-p", "no:cacheprovider", f"--worker-cmd={command}", f"--requirement={chosen}")
    return pytester.runpytest_subprocess(*plain, *arguments, timeout=240)


READS_FUNCTIONS = """
import pytest

def pytest_collection_modifyitems(items):
    for item in items:
        assert item.function.__name__, item.fixturenames
        if item.cls is None and item.module is None:
            item.add_marker(pytest.mark.slow)

def pytest_runtest_setup(item):
    item.user_properties.append(("doc", item.function.__doc__))

@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item):
    outcome = yield
    outcome.get_result().description = str(item.obj.__doc__)
"""


def test_a_conftest_may_look_at_the_function_of_every_item(pytester: pytest.Pytester) -> None:
    pytester.makeconftest(READS_FUNCTIONS)
    pytester.makeini("[pytest]\nmarkers = slow\n")

    result = judge(pytester)

    assert result.ret == 0
    result.stdout.fnmatch_lines(["*1 judged, 1 passed*"])


def test_paths_and_unknown_options_of_addopts_are_left_out_and_told(
    pytester: pytest.Pytester,
) -> None:
    pytester.makeini("[pytest]\naddopts = -q --no-such-option=5 --another tests\n")
    (pytester.path / "tests").mkdir()
    (pytester.path / "tests" / "test_own.py").write_text("def test_own(): assert False\n")

    result = judge(pytester, "-v")

    assert result.ret == 0
    result.stdout.fnmatch_lines(
        [
            "left out of this project's addopts: --no-such-option=5 --another tests",
            "*1 judged, 1 passed*",
        ]
    )


def test_a_name_that_is_typed_is_no_mistake_of_the_project(pytester: pytest.Pytester) -> None:
    pytester.makeini("[pytest]\naddopts = tests\n")

    result = judge(pytester, "nonsense")

    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["*'nonsense' names neither a phase nor a requirement*"])


def test_a_conftest_that_cannot_be_loaded_is_named(pytester: pytest.Pytester) -> None:
    pytester.makeconftest("import no_such_module\n")

    result = judge(pytester)
    without = judge(pytester, "--noconftest")

    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["*conftest.py cannot be loaded*no_such_module*", "*--noconftest*"])
    assert without.ret == 0


def test_a_conftest_that_breaks_the_run_is_named(pytester: pytest.Pytester) -> None:
    pytester.makeconftest("def pytest_collection_modifyitems(items): items[0].no_such_thing\n")

    result = judge(pytester)

    assert result.ret == pytest.ExitCode.INTERNAL_ERROR
    result.stdout.fnmatch_lines(["conftest.py is about the project's own tests; --noconftest*"])


def test_several_processes_change_nothing_where_nothing_is_fuzzed(
    pytester: pytest.Pytester,
) -> None:
    result = judge(pytester, "-n", "2", "--conformance-report=out")

    assert result.ret == 0
    result.stdout.fnmatch_lines(["one process plays all trials*", "*1 judged, 1 passed*"])
    assert (pytester.path / "out" / "transcripts" / "shared.ndjson").is_file()


def test_a_rerun_judges_anew_and_the_last_verdict_counts(pytester: pytest.Pytester) -> None:
    pytest.importorskip("pytest_rerunfailures")
    command = f"{sys.executable} -m tests.mutants IgnoresUnknownFunctions"

    result = judge(
        pytester,
        "--reruns=2",
        "--conformance-report=out",
        "--timeout-factor=0.2",
        command=command,
        chosen="INV-004",
    )

    report = json.loads((pytester.path / "out" / "report.json").read_text("utf-8"))
    (verdict,) = report["verdicts"]
    assert result.ret == 1
    result.assert_outcomes(failed=1)
    assert verdict["tried"] == {"judged": 3, "kept": 0}
    assert verdict["reason"].endswith("tried 3 times: failed, failed, failed")
    assert report["counts"]["requirement"]["judged"] == 1
    runs = {path.name for path in (pytester.path / "out" / "transcripts").iterdir()}
    assert "shared.ndjson" in runs
