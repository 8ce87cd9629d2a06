"""Every mutant fails the check of its requirement; the unbroken worker passes them all."""

from __future__ import annotations

import socket

import pytest

from conformance.trial import CHECKS
from conformance.verdict import Answer, Outcome
from tests.judging import judge
from tests.mutants import MUTANTS, Mutant


@pytest.fixture
def default_port(monkeypatch: pytest.MonkeyPatch) -> int:
    """A port that a mutant insists on; the real one is a single one for all tests."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = int(server.getsockname()[1])
    monkeypatch.setenv("MUTANT_PORT", str(port))
    return port


def test_the_unbroken_worker_keeps_every_requirement() -> None:
    verdicts = judge("tests.mutants Worker", CHECKS)

    others = {v.requirement.id: v.outcome for v in verdicts if v.outcome is not Outcome.PASSED}
    assert others == {
        "REG-010": Outcome.NOT_APPLICABLE,
        "INV-021": Outcome.NOT_APPLICABLE,
        "INV-028": Outcome.NOT_APPLICABLE,
        **{r: Outcome.NOT_VERIFIED for r, check in CHECKS.items() if check.long},
    }


def test_every_check_has_a_mutant() -> None:
    assert {mutant.requirement for mutant in MUTANTS.values()} == set(CHECKS)


@pytest.mark.parametrize("mutant", MUTANTS.values(), ids=lambda mutant: mutant.name)
def test_a_mutant_breaks_its_requirement(mutant: Mutant, default_port: int) -> None:
    (verdict,) = judge(
        f"tests.mutants {mutant.name}",
        [mutant.requirement],
        default_port=default_port,
        full=CHECKS[mutant.requirement].long,
    )

    assert verdict.finding.answer is Answer.BROKEN, verdict.finding.seen
    assert verdict.finding.expected
    assert verdict.finding.seen
