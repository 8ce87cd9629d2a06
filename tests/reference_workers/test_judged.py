"""The reference workers, judged by the suite; they are the passing baseline."""

from __future__ import annotations

from pathlib import Path

import pytest

from conformance.judging.judge import Verdict
from conformance.requirements import known
from conformance.requirements.catalogue import load
from conformance.requirements.verdict import Outcome
from conformance.trials.trial import CHECKS
from tests.judging import judge

WORKERS = Path(__file__).parent.parent.parent / "reference_workers"
QUICK = [requirement for requirement, check in CHECKS.items() if not check.long]
"""The requirements that are judged at the default level."""


def others(verdicts: list[Verdict], *expected: Outcome) -> dict[str, str]:
    """The requirements with an unexpected outcome, and the reasons."""
    return {v.requirement.id: v.finding.seen for v in verdicts if v.outcome not in expected}


@pytest.mark.parametrize("repetition", range(10))
def test_echo_keeps_everything_every_time(repetition: int) -> None:
    verdicts = judge("reference_workers.echo", QUICK)

    assert others(verdicts, Outcome.PASSED, Outcome.NOT_APPLICABLE) == {}


def test_embedding_keeps_everything() -> None:
    verdicts = judge("reference_workers.embedding", QUICK)

    assert others(verdicts, Outcome.PASSED, Outcome.NOT_APPLICABLE) == {}


def test_the_official_python_sdk_fails_as_listed_and_not_otherwise() -> None:
    pytest.importorskip("iii", reason="the extra `sdk` is not installed")
    failures = known.load(WORKERS / "sdk_python.known-failures.yaml", load())

    verdicts = judge("reference_workers.sdk_python", QUICK, known=failures)

    # It does not serve every function, so some rules are not verified on it.
    fine = (Outcome.PASSED, Outcome.NOT_APPLICABLE, Outcome.NOT_VERIFIED)
    assert set(others(verdicts, *fine)) == set(failures)
    assert others(verdicts, *fine, Outcome.KNOWN_FAILURE) == {}
