"""No impostor passes a MUST that it cannot have shown, and each is found out."""

from __future__ import annotations

import pytest

from conformance.trial import CHECKS
from conformance.verdict import Level, Outcome
from tests.impostors.__main__ import IMPOSTORS
from tests.judging import judge

QUICK = [requirement for requirement, check in CHECKS.items() if not check.long]
SPEAKS = ("CON-001", "CON-002", "CON-003", "ANN-", "FRM-001", "FRM-002", "FRM-010", "REG-", "USE-")
"""What can be seen of a worker that speaks, whether or not it answers."""

LIVES = (*SPEAKS, "CON-", "FRM-", "RDY-", "REC-007", "SHD-", "INV-020")
"""What can be seen of one that says something to each invocation."""

SHOWN: dict[str, tuple[str, ...]] = {
    "ends_at_once": (),
    "does_nothing": (),
    "dials_and_waits": (),
    "says_nothing": (),
    "announces_alone": SPEAKS,
    "fails_always": SPEAKS,
    "repeats_everything": SPEAKS,
    "echoes_always": (*LIVES, "INV-001", "INV-002", "INV-003", "INV-014", "INV-018"),
    "knows_nothing": (*LIVES, "INV-"),
}
"""The beginnings of the ids of all that an impostor may pass."""


def test_every_impostor_is_tried() -> None:
    assert set(SHOWN) == set(IMPOSTORS)


@pytest.mark.parametrize("name", IMPOSTORS)
def test_an_impostor_passes_nothing_it_has_not_shown(name: str) -> None:
    verdicts = judge(f"tests.impostors {name}", QUICK)

    passed = {
        v.requirement.id
        for v in verdicts
        if v.outcome is Outcome.PASSED and v.requirement.level is Level.MUST
    }
    assert {i for i in passed if not i.startswith(SHOWN[name] or ("none",))} == set()
    assert any(v.outcome is Outcome.FAILED for v in verdicts)
