"""Judging by the console script, independent of the project's own pytest settings."""

from __future__ import annotations

import sys
from collections.abc import Sequence

import pytest

from conformance.errors import UsageError
from conformance.plugin.launch import arguments, fuzzing, isolation, replaying

pytest_plugins = ["pytester"]

ECHO = (sys.executable, "-m", "reference_workers.echo")


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["--", "python", "my worker.py", "{url}"], ["--worker-cmd=python 'my worker.py' '{url}'"]),
        (["--strict", "-k", "MUST"], ["--strict", "-k", "MUST"]),
        (["CON-001", "--", "node", "--", "w.js"], ["CON-001", "--worker-cmd=node -- w.js"]),
    ],
)
def test_the_command_stands_last(words: Sequence[str], expected: Sequence[str]) -> None:
    assert arguments(words) == ["--conformance", *expected]


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ([], ["--fuzz=60s"]),
        (["30s", "--", "w"], ["--fuzz=30s", "--", "w"]),
        (["10000"], ["--fuzz=10000"]),
        (["--fuzz-stateful", "--", "w"], ["--fuzz-stateful", "--", "w"]),
        (["--", "w", "--fuzz=1s"], ["--fuzz=60s", "--", "w", "--fuzz=1s"]),
    ],
)
def test_a_campaign_has_a_budget(words: Sequence[str], expected: Sequence[str]) -> None:
    assert fuzzing(words) == expected


def test_a_replay_names_a_scenario() -> None:
    assert replaying(["bug.yaml", "--", "w"]) == ["--scenario=bug.yaml", "--", "w"]
    for words in ([], ["--", "w"]):
        with pytest.raises(UsageError, match="name the scenario"):
            replaying(words)


def test_xdist_is_loaded_where_it_is_asked_for() -> None:
    assert "xdist" in isolation(["-n", "2"])
    assert "xdist" not in isolation(["--", "w", "-n", "2"])


def console(pytester: pytest.Pytester, *words: str) -> pytest.RunResult:
    return pytester.run(sys.executable, "-m", "conformance", *words, timeout=120)


def test_the_projects_settings_are_left_aside(pytester: pytest.Pytester) -> None:
    pytester.makeini("[pytest]\naddopts = --no-such-option\n")
    pytester.makeconftest("raise RuntimeError('of the project')")
    pytester.makepyfile("def test_of_the_project(): assert False")

    result = console(pytester, "--requirement=CON-001", "--", *ECHO)

    assert result.ret == 0
    result.stdout.no_fnmatch_line("*of the project*")
    assert [path.name for path in pytester.path.iterdir() if path.name == ".pytest_cache"] == []


def test_the_command_to_repeat_is_the_scripts(pytester: pytest.Pytester) -> None:
    mutant = (sys.executable, "-m", "tests.mutants", "LeavesNullOut")

    result = console(pytester, "judge", "--strict", "--requirement=INV-025", "--", *mutant)

    assert result.ret == 1
    result.stdout.fnmatch_lines(
        [f"*again: *iii-conformance judge --requirement INV-025 -- {' '.join(mutant)}"]
    )


def test_a_folder_with_a_configuration_is_judged(pytester: pytest.Pytester) -> None:
    pytester.makefile(".yaml", conformance=f"worker-cmd: {' '.join(ECHO)}\n")

    named = console(pytester, "judge", "--requirement=CON-001")
    (pytester.path / "conformance.yaml").unlink()
    unnamed = console(pytester, "judge")

    assert (named.ret, unnamed.ret) == (0, 4)
    unnamed.stderr.fnmatch_lines(["*no conformance.yaml in this folder*iii-conformance -- python*"])
