"""The badge."""

from __future__ import annotations

from xml.etree import ElementTree

import pytest

from conformance.report import badge
from conformance.requirements.catalogue import load
from conformance.requirements.verdict import Outcome
from tests.conformance.report.making import entry, report


@pytest.mark.parametrize(
    ("outcomes", "words"), [([], "not judged"), ([Outcome.PASSED], "partial: 1 passed")]
)
def test_a_badge_does_not_boast(outcomes: list[Outcome], words: str) -> None:
    made = report(*(entry(n, outcome) for n, outcome in enumerate(outcomes)))

    ElementTree.fromstring(badge.image(made))
    assert badge.label(made)[0].startswith(words)


@pytest.mark.parametrize(
    ("first", "words"),
    [
        (Outcome.PASSED, "{n} passed"),
        (Outcome.FAILED, "{m} passed, 1 failed"),
        (Outcome.KNOWN_FAILURE, "{m} passed, 1 known failure"),
        (Outcome.WARNING, "{m} passed, 1 warning"),
        (Outcome.NOT_APPLICABLE, "{m} passed"),
    ],
)
def test_a_badge_sums_up_a_whole_run(first: Outcome, words: str) -> None:
    total = len(load().requirements)
    rest = [entry(n, Outcome.PASSED) for n in range(1, total)]

    made = report(entry(0, first), *rest)

    assert badge.label(made)[0] == words.format(n=total, m=total - 1)
