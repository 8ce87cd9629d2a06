"""What was not verified, grouped by what would be needed to verify it."""

from __future__ import annotations

from conformance.report.unverified import unverified
from conformance.requirements.verdict import Outcome
from tests.conformance.report.making import entry


def test_verdicts_that_wait_for_the_same_are_one_group_and_the_largest_is_first() -> None:
    seen = ["no cup", "takes --level full", "takes --level full", "needs CON-009: failed"]
    entries = [entry(n, Outcome.NOT_VERIFIED, seen=text) for n, text in enumerate(seen)]

    groups = unverified([*entries, entry(9, Outcome.PASSED, seen="no cup")])

    assert [len(group.entries) for group in groups] == [2, 1, 1]
    assert groups[0].way == "Judge with --level full."
    assert (groups[1].reason, groups[1].way) == ("no cup", "try that")
    assert groups[2].way == "See CON-009 first."
