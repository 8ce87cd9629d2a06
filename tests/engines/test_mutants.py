"""Every engine mutant is found, by the requirement that it breaks and for its own reason."""

from __future__ import annotations

import re

import pytest

from conformance.engines.trials import EVERY, wording
from conformance.requirements.catalogue import load_of_engines
from conformance.requirements.verdict import Conclusion, Finding
from tests.engines.judging import judging, mutant, verdicts
from tests.engines.mutants import MUTANTS

WORDED = "invocation-builtin-bad-input"
"""A single probe with messages represents all others where wording is judged."""


def findings(name: str, identity: str) -> Finding:
    """The findings about a mutant on the requirement that it breaks."""
    if load_of_engines()[identity].probes != (EVERY,):
        (verdict,) = verdicts(mutant(name), [identity])
        return verdict.finding
    with judging(mutant(name)) as judgement:
        return wording([judgement.record_of(WORDED)])


def test_there_are_enough_of_them() -> None:
    assert len(MUTANTS) >= 25
    assert {each.breaks for each in MUTANTS.values()} <= set(load_of_engines().requirements)


@pytest.mark.parametrize("name", MUTANTS)
def test_a_wrong_engine_is_found(name: str) -> None:
    wrong = MUTANTS[name]

    found = findings(name, wrong.breaks)

    assert found.conclusion is Conclusion.BROKEN, found.seen
    assert re.search(wrong.because, found.seen), found.seen
