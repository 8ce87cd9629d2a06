"""Cron expressions."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from mock_engine.modules.schedule import BadExpression, Schedule


@pytest.mark.parametrize(
    ("expression", "after", "following"),
    [
        ("0 0 9 * * *", "2026-01-01T09:00:00", "2026-01-02T09:00:00"),
        ("*/15 * * * * *", "2026-01-01T00:00:01", "2026-01-01T00:00:15"),
        ("0 0 0 29 2 *", "2026-01-01T00:00:00", "2028-02-29T00:00:00"),
        ("0 30 8 1-5 * * 2027", "2026-06-01T00:00:00", "2027-01-01T08:30:00"),
        ("0 0 0 ? Feb-March Thurs", "2026-01-01T00:00:00", "2026-02-05T00:00:00"),
        ("0 0 0 * * Mon-Fri/2", "2026-01-01T00:00:00", "2026-01-02T00:00:00"),
    ],
)
def test_a_schedule_knows_its_next_moment(expression: str, after: str, following: str) -> None:
    moment = datetime.fromisoformat(after).replace(tzinfo=UTC)

    found = Schedule.parse(expression).next_after(moment)

    assert found == datetime.fromisoformat(following).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    "expression",
    [
        "",
        "* * * * *",
        "60 * * * * *",
        "a b c d e f",
        "? * * * * *",
        "*/0 * * * * *",
        "5-1 * * * * *",
        "0 0 0 * Janu *",
        "0 0 0 * * Mon/2",
        "0 0 0 * * 2-Fri",
        "0 0 0 * * * * *",
        "1/ * * * * *",
    ],
)
def test_a_bad_expression_is_refused(expression: str) -> None:
    with pytest.raises(BadExpression):
        Schedule.parse(expression)


@pytest.mark.parametrize(
    ("expression", "shown"),
    [
        ("61 * * * * *", "61 * * * * *\n^\nSeconds: '61' is not within 0 and 59"),
        ("0 0 25 * * *", "0 0 25 * * *\n    ^\nHours: '25' is not within 0 and 23"),
        ("0 0 0 * foo *", "0 0 0 * foo *\n        ^\nMonths: 'foo' is no name of one"),
        ("x * * * * *", "x * * * * *\n^\nSeconds: 'x' is a name, and the field has none"),
        ("0 5-1 * * * *", "0 5-1 * * * *\n  ^\nMinutes: the range '5-1' ends before it begins"),
        ("*/0 * * * * *", "*/0 * * * * *\n^\nSeconds: the step of '*/0' is zero"),
        ("* * * * *", "* * * * *\n         ^\nDays of Week: the field is missing"),
        (
            "0 0 0 * * * * *",
            "0 0 0 * * * * *\n              ^\na field too many; there are 7 at most",
        ),
    ],
)
def test_a_bad_expression_is_shown_with_field_value_and_position(
    expression: str, shown: str
) -> None:
    with pytest.raises(BadExpression) as bad:
        Schedule.parse(expression)

    assert str(bad.value) == shown
