"""The mock engine answers as the real one did: every requirement for engines, by its probes.

Every difference is a known failure with a reason, and must still exist: an outdated entry fails,
too.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from conformance.engines.judgement import EngineJudgement
from conformance.engines.trials import EVERY, compared
from conformance.requirements import known
from conformance.requirements.catalogue import load_of_engines
from conformance.requirements.verdict import Outcome
from tests.engines.judging import MOCK, judging

KNOWN = known.load(Path(__file__).parent / "known-failures.yaml", load_of_engines())
RULES = [rule for rule in load_of_engines() if rule.probes != (EVERY,)]
"""All rules except the one about wording, which is judged probe by probe here."""


@pytest.fixture(scope="module")
def judgement() -> Iterator[EngineJudgement]:
    """A judgement of the mock engine; each process of a distributed run has its own."""
    with judging(MOCK, known=KNOWN) as judgement:
        yield judgement


@pytest.mark.parametrize("identity", [rule.id for rule in RULES])
def test_a_requirement_is_kept(identity: str, judgement: EngineJudgement) -> None:
    verdict = judgement.verdict(identity)

    allowed = Outcome.KNOWN_FAILURE if identity in KNOWN else Outcome.PASSED
    assert verdict.outcome is allowed, f"{verdict.finding.expected}\n{verdict.finding.seen}"
    assert [text.told() for r in verdict.records for text in r.result.played.wording] == []


def test_every_probe_proves_a_requirement() -> None:
    proven = [probe for rule in RULES for probe in rule.probes]

    assert sorted(proven) == sorted(compared())


def test_the_documentation_shows_every_difference() -> None:
    page = (Path(__file__).parents[2] / "docs" / "engine.md").read_text("utf-8")

    assert [name for name in KNOWN if f"`{name}`" not in page] == []
