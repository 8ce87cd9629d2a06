"""The Go worker keeps every MUST, and every SHOULD, as a command."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from conformance.settings import Settings
from conformance.subject.command import Command
from conformance.trial import CHECKS
from conformance.verdict import Outcome
from tests.conformance.subject.images import GO, go_worker
from tests.judging import judged


@pytest.fixture(scope="module")
def binary(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return go_worker(tmp_path_factory.getbasetemp())


def test_it_keeps_every_requirement(binary: Path) -> None:
    short = [requirement for requirement, check in CHECKS.items() if not check.long]

    verdicts = judged(Settings(Command.parse(str(binary)), default_port=None), short)

    told = {v.requirement.id: v.outcome for v in verdicts if v.outcome is not Outcome.PASSED}
    # It neither lives outside the default namespace, has functions with a URL or declares
    # features, nor takes anything back before a loss of its connection.
    assert told == {
        "REG-010": Outcome.NOT_APPLICABLE,
        "INV-021": Outcome.NOT_APPLICABLE,
        "INV-028": Outcome.NOT_APPLICABLE,
        "REC-024": Outcome.NOT_VERIFIED,
    }


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
