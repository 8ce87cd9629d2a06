"""Workers that were not prepared: their mistakes are found, and correct behaviour is not blamed."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

import pytest

from conformance.requirements.verdict import Conclusion
from conformance.settings.settings import Settings
from conformance.subject.command import Command
from tests.judging import judged
from tests.sdks.build import NODE_NEWEST, NOTES
from tests.sdks.toolchains import built

HERE = Path(__file__).parent
BUGS = {"never-stores": "USE-009", "operations": "USE-001", "reads-no-request": "USE-007"}
"""Mistakes, each with the requirement that finds it."""


def broken(command: str) -> set[str]:
    settings = Settings(Command.parse(command), default_port=None)
    verdicts = judged(settings, BUGS.values())
    return {v.requirement.id for v in verdicts if v.finding.conclusion is Conclusion.BROKEN}


@pytest.mark.parametrize("bug", [None, *BUGS])
def test_mistakes_on_the_sdk_for_python_are_found(bug: str | None) -> None:
    expected = {BUGS[bug]} if bug else set()

    assert broken(f"{sys.executable} -m tests.subjects.notes --bug {bug}") == expected


@pytest.mark.parametrize("bug", [None, *BUGS])
def test_mistakes_on_the_sdk_for_node_are_found(bug: str | None) -> None:
    packages = built(NODE_NEWEST).folder
    worker = packages / "notes.mjs"
    shutil.copy(HERE / "notes.mjs", worker)
    expected = {BUGS[bug]} if bug else set()

    assert broken(f"node {worker} --bug {bug}") == expected


@pytest.mark.parametrize("bug", [None, *BUGS])
def test_mistakes_on_the_sdk_for_rust_are_found(bug: str | None) -> None:
    worker = built(NOTES).folder / "notes-subject"
    expected = {BUGS[bug]} if bug else set()

    assert broken(f"{worker} --bug {bug}") == expected
