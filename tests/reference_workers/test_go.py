"""The Go worker meets every MUST and every SHOULD, as a command."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

from conformance.requirements.verdict import Outcome
from conformance.settings.settings import Settings
from conformance.subject.command import Command
from conformance.trials.trial import CHECKS
from tests.conformance.subject.images import GO, go_worker
from tests.judging import judged

COOPERATIVE = re.compile("plays the part of")
"""It has only the well-known functions that are useful as examples."""


@pytest.fixture(scope="module")
def binary(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return go_worker(tmp_path_factory.getbasetemp())


def test_it_keeps_every_requirement(binary: Path) -> None:
    short = [requirement for requirement, check in CHECKS.items() if not check.long]

    verdicts = judged(Settings(Command.parse(str(binary)), default_port=None), short)

    broken = {
        v.requirement.id: v.finding.seen
        for v in verdicts
        if v.outcome in (Outcome.FAILED, Outcome.WARNING)
    }
    inconclusive = {
        v.requirement.id: v.finding.seen
        for v in verdicts
        if v.outcome is Outcome.NOT_VERIFIED and not COOPERATIVE.search(v.finding.seen)
    }
    assert broken == {}
    assert inconclusive == {"REC-024": "it unregistered nothing before a loss of its connection"}


def test_it_is_formatted_and_vetted(binary: Path) -> None:
    unformatted = subprocess.run(
        ["gofmt", "-l", "."], cwd=GO, capture_output=True, text=True, check=True
    )
    assert unformatted.stdout == ""
    subprocess.run(["go", "vet", "./..."], cwd=GO, check=True)


def test_an_address_that_is_none_ends_it(binary: Path) -> None:
    told = subprocess.run([binary, "nowhere"], capture_output=True, text=True, check=False)

    assert told.returncode == 2
    assert 'expected an address such as ws://127.0.0.1:49134, not "nowhere"' in told.stderr
