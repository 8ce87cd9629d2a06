"""The reference workers, judged by the suite; the baseline that everything else is measured by."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from conformance import known
from conformance.catalogue import load
from conformance.session import Judgement
from conformance.settings import Settings
from conformance.subject.command import Command
from conformance.trial import CHECKS
from conformance.verdict import Outcome

WORKERS = Path(__file__).parent.parent.parent / "reference_workers"
COOPERATIVE = {"INV-006", "INV-008", "INV-015", "SHD-008"}


def outcomes(name: str, failures: Mapping[str, known.KnownFailure] | None = None) -> dict[str, str]:
    command = Command.parse(f"{sys.executable} -m reference_workers.{name}")
    judgement = Judgement(Settings(command, default_port=None, known=failures or {}))
    judgement.start(CHECKS)
    try:
        verdicts = [judgement.verdict(requirement) for requirement in CHECKS]
    finally:
        judgement.stop()
    return {v.requirement.id: v.outcome.value for v in verdicts}


@pytest.mark.parametrize("repetition", range(10))
def test_echo_keeps_everything_every_time(repetition: int) -> None:
    assert set(outcomes("echo").values()) == {Outcome.PASSED.value}


def test_embedding_keeps_everything_that_applies_to_it() -> None:
    judged = outcomes("embedding")

    assert judged.pop("REG-008") == Outcome.NOT_APPLICABLE.value
    assert {judged.pop(requirement) for requirement in COOPERATIVE} == {Outcome.NOT_VERIFIED.value}
    assert set(judged.values()) == {Outcome.PASSED.value}


def test_the_official_python_sdk_fails_as_listed_and_not_otherwise() -> None:
    pytest.importorskip("iii", reason="the extra `sdk` is not installed")
    failures = known.load(WORKERS / "sdk_python.known-failures.yaml", load())

    judged = outcomes("sdk_python", failures)

    listed = {i for i, outcome in judged.items() if outcome == Outcome.KNOWN_FAILURE.value}
    assert listed == set(failures)
    rest = {outcome for i, outcome in judged.items() if i not in listed}
    assert rest == {Outcome.PASSED.value, Outcome.NOT_APPLICABLE.value}
