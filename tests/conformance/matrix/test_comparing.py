"""What changed between two runs."""

from __future__ import annotations

import pytest

from conformance.matrix.comparing import Judgements, Kind, Slower, change, compare
from conformance.requirements.verdict import Outcome
from tests.conformance.report.making import entry

O = Outcome  # noqa: E741


@pytest.mark.parametrize(
    ("before", "after", "kind"),
    [
        (O.PASSED, O.FAILED, Kind.BROKEN),
        (O.KNOWN_FAILURE, O.FAILED, Kind.BROKEN),
        (O.WARNING, O.FAILED, Kind.BROKEN),
        (O.NOT_VERIFIED, O.FAILED, Kind.BROKEN),
        (O.PASSED, O.WARNING, Kind.BROKEN),
        (O.PASSED, O.KNOWN_FAILURE, Kind.BROKEN),
        (O.FAILED, O.PASSED, Kind.FIXED),
        (O.FAILED, O.WARNING, Kind.FIXED),
        (O.KNOWN_FAILURE, O.FIXED, Kind.FIXED),
        (O.PASSED, O.NOT_VERIFIED, Kind.UNVERIFIED),
        (O.FAILED, O.NOT_VERIFIED, Kind.UNVERIFIED),
        (O.NOT_VERIFIED, O.PASSED, Kind.VERIFIED),
        (O.NOT_APPLICABLE, O.PASSED, Kind.VERIFIED),
        (O.PASSED, O.PASSED, None),
        (O.FAILED, O.FAILED, None),
        (O.NOT_VERIFIED, O.NOT_APPLICABLE, None),
        (None, O.PASSED, Kind.ADDED),
        (O.PASSED, None, Kind.REMOVED),
    ],
)
def test_a_change_has_a_kind(
    before: Outcome | None, after: Outcome | None, kind: Kind | None
) -> None:
    assert change(before and entry(1, before), after and entry(1, after)) is kind


@pytest.mark.parametrize(
    ("before", "after", "regresses", "strictly"),
    [
        (O.PASSED, O.FAILED, True, True),
        (O.PASSED, O.WARNING, False, True),
        (O.PASSED, O.KNOWN_FAILURE, False, False),
        (O.PASSED, O.NOT_VERIFIED, False, True),
        (O.FAILED, O.PASSED, False, False),
        (None, O.FAILED, True, True),
        (None, O.PASSED, False, False),
    ],
)
def test_what_would_fail_the_newer_run_is_a_regression(
    before: Outcome | None, after: Outcome, regresses: bool, strictly: bool
) -> None:
    old = Judgements([entry(1, before)] if before else [], {})

    found = compare({"": old}, {"": Judgements([entry(1, after)], {})})

    assert found.regressed(strict=False) is regresses
    assert found.regressed(strict=True) is strictly


def test_a_worker_that_is_gone_is_a_regression_and_a_new_one_is_told() -> None:
    found = compare({"a": Judgements([], {})}, {"b": Judgements([], {})})

    assert (found.missing, found.added) == (("a",), ("b",))
    assert found.regressed(strict=False)


def test_a_worker_is_slower_where_somebody_would_notice() -> None:
    old = Judgements([], {"startup": 0.2, "round_trip": 0.0001})
    new = Judgements([], {"startup": 0.9, "round_trip": 0.001})

    assert compare({"": old}, {"": new}).slower == (Slower("", "until it spoke", 0.2, 0.9),)
    assert compare({"": new}, {"": old}).slower == ()
    assert compare({"": Judgements([], {"round_trip": None})}, {"": new}).slower == ()
