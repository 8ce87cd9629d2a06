"""The hooks of a run that judges no worker: nothing, unless silence would hide a mistake."""

from __future__ import annotations

import sys

import pytest

pytest_plugins = ["pytester"]

ECHO = f"{sys.executable} -m reference_workers.echo"
PLAIN = ("-p", "no:cacheprovider", "-p", "no:xdist")


@pytest.mark.parametrize(
    "option",
    ["--requirement=CON-001", "--conformance-report=out", "--fuzz=1s", "--level=full", "--isolate"],
)
def test_an_option_without_a_worker_is_a_mistake(pytester: pytest.Pytester, option: str) -> None:
    pytester.makepyfile("def test_of_the_project(): pass")

    result = pytester.runpytest_subprocess(*PLAIN, option)

    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(
        [f"*{option.partition('=')[0]} is given, but no worker*--worker-cmd*"]
    )


def test_a_configuration_that_nothing_uses_is_told(pytester: pytest.Pytester) -> None:
    pytester.makefile(".yaml", conformance=f"worker-cmd: {ECHO}\n")

    idle = pytester.runpytest_subprocess(*PLAIN)
    judging = pytester.runpytest_subprocess(*PLAIN, "--conformance", "--requirement=CON-001")

    assert (idle.ret, judging.ret) == (pytest.ExitCode.USAGE_ERROR, 0)
    idle.stderr.fnmatch_lines(["*no tests were collected; `pytest --conformance` judges*"])


def test_a_mistake_in_a_configuration_that_nothing_uses_is_told(pytester: pytest.Pytester) -> None:
    pytester.makefile(".yaml", conformance="worker-comand: x\n")

    result = pytester.runpytest_subprocess(*PLAIN)

    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["*conformance.yaml:1*worker-comand*"])


def test_tests_beside_a_configuration_run_as_ever(pytester: pytest.Pytester) -> None:
    pytester.makefile(".yaml", conformance="worker-comand: x\n")
    pytester.makepyfile("def test_of_the_project(): pass")

    assert pytester.runpytest_subprocess(*PLAIN).ret == 0


def test_a_folder_without_anything_has_pytests_own_code(pytester: pytest.Pytester) -> None:
    assert pytester.runpytest_subprocess(*PLAIN).ret == pytest.ExitCode.NO_TESTS_COLLECTED


def test_conformance_without_a_file_is_a_mistake(pytester: pytest.Pytester) -> None:
    result = pytester.runpytest_subprocess(*PLAIN, "--conformance")

    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["*no conformance.yaml in this folder*--worker-cmd=*"])
