"""A requirement gets the same verdict alone and among all others."""

from __future__ import annotations

import random

import pytest

from conformance.trials.trial import CHECKS, Worker
from tests.alone import Compared, differences

LOOKING_BACK = [
    identity
    for identity, check in CHECKS.items()
    if any(trial.worker is Worker.LOOKS_BACK for trial in check.trials)
]
"""Requirements that depend on everything that was done to the shared worker."""


@pytest.mark.parametrize(
    "module",
    [
        "reference_workers.echo",
        "tests.mutants OpensChannelsWithoutAKey",
        "tests.mutants GivesUpWhenTheEngineIsAway",
    ],
)
def test_a_requirement_gets_the_same_verdict_alone_and_among_all_others(module: str) -> None:
    others = sorted(set(CHECKS) - {*LOOKING_BACK, "CHN-001"})
    chosen = (*LOOKING_BACK, "CHN-001", *random.Random(module).sample(others, 2))

    assert differences(Compared(module, chosen)) == {}
