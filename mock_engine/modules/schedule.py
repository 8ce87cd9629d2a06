"""Cron expressions with seconds: ``sec min hour day month weekday [year]``, in UTC.

A day matches when the day of the month and the day of the week both do, as in the Rust ``cron``
crate, whose weekdays count from 1 (Sunday) to 7.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

MONTHS = (
    ("jan", "january"),
    ("feb", "february"),
    ("mar", "march"),
    ("apr", "april"),
    ("may",),
    ("jun", "june"),
    ("jul", "july"),
    ("aug", "august"),
    ("sep", "september"),
    ("oct", "october"),
    ("nov", "november"),
    ("dec", "december"),
)
DAYS = (
    ("sun", "sunday"),
    ("mon", "monday"),
    ("tue", "tues", "tuesday"),
    ("wed", "wednesday"),
    ("thu", "thurs", "thursday"),
    ("fri", "friday"),
    ("sat", "saturday"),
)
NAMES = {4: MONTHS, 5: DAYS}
ANY = (3, 5)
"""The fields that may be ``?``, by index."""

BOUNDS = ((0, 59), (0, 59), (0, 23), (1, 31), (1, 12), (1, 7), (1970, 2100))
TITLES = (
    "Seconds",
    "Minutes",
    "Hours",
    "Days of Month",
    "Months",
    "Days of Week",
    "Years",
)
"""The names of the fields in errors."""

SHORTHANDS = {
    "@yearly": "0 0 0 1 1 *",
    "@monthly": "0 0 0 1 * *",
    "@weekly": "0 0 0 * * 1",
    "@daily": "0 0 0 * * *",
    "@hourly": "0 0 * * * *",
}
LEAST_FIELDS, MOST_FIELDS = 6, 7


class BadExpression(ValueError):  # noqa: N818 - a property of the text
    """The text is not a cron expression; shows where, and names the field and the value.

    The position is the column that the ``cron`` crate of the real engine reports.
    """

    def __init__(self, text: str, at: int, why: str) -> None:
        super().__init__(f"{text}\n{' ' * at}^\n{why}")


class _FieldError(ValueError):
    """One field is wrong; the text names it and the value."""


@dataclass(frozen=True, slots=True)
class Schedule:
    """The values that each field of an expression allows."""

    seconds: frozenset[int]
    minutes: frozenset[int]
    hours: frozenset[int]
    days: frozenset[int]
    months: frozenset[int]
    weekdays: frozenset[int]
    years: frozenset[int]

    @classmethod
    def parse(cls, text: str) -> Schedule:
        """Parse an expression.

        Raises:
            BadExpression: the text is not a cron expression.
        """
        written = SHORTHANDS.get(text.strip(), text)
        fields = [(found.start(), found[0]) for found in re.finditer(r"\S+", written)]
        values = []
        for index, (at, part) in enumerate(fields):
            if index == MOST_FIELDS:
                raise BadExpression(text, at, f"a field too many; there are {MOST_FIELDS} at most")
            try:
                values.append(_field(part, index))
            except _FieldError as fault:
                raise BadExpression(text, at, f"{TITLES[index]}: {fault}") from None
        if len(fields) < LEAST_FIELDS:
            missing = f"{TITLES[len(fields)]}: the field is missing"
            raise BadExpression(text, len(written), missing)
        every_year = [_field("*", MOST_FIELDS - 1)]
        return cls(*(values + every_year)[:MOST_FIELDS])

    def next_after(self, moment: datetime) -> datetime | None:
        """The first time after ``moment``, ``None`` when there is none."""
        at = moment.astimezone(UTC).replace(microsecond=0) + timedelta(seconds=1)
        while at.year <= max(self.years):
            if not self._day_matches(at):
                at = at.replace(hour=0, minute=0, second=0) + timedelta(days=1)
            elif at.hour not in self.hours:
                at = at.replace(minute=0, second=0) + timedelta(hours=1)
            elif at.minute not in self.minutes:
                at = at.replace(second=0) + timedelta(minutes=1)
            elif at.second not in self.seconds:
                at += timedelta(seconds=1)
            else:
                return at
        return None

    def _day_matches(self, at: datetime) -> bool:
        weekday = at.isoweekday() % 7 + 1
        return (
            at.year in self.years
            and at.month in self.months
            and at.day in self.days
            and weekday in self.weekdays
        )


def _field(text: str, index: int) -> frozenset[int]:
    values: set[int] = set()
    for part in text.lower().split(","):
        values |= _range(part, index)
    return frozenset(values)


def _range(part: str, index: int) -> set[int]:
    low, high = BOUNDS[index]
    span, stepped, step_text = part.partition("/")
    step = _number(step_text) if stepped else 1
    if step < 1:
        raise _FieldError(f"the step of '{part}' is zero")
    if span == "*" or (span == "?" and index in ANY):
        first, last = low, high
    else:
        first_text, dash, last_text = span.partition("-")
        if first_text.isalpha() and stepped and not dash:
            raise _FieldError(f"'{part}' is a name with steps")
        if first_text.isalpha() != last_text.isalpha() and dash:
            raise _FieldError(f"the range '{span}' mixes a name and a number")
        first = _value(first_text, index)
        last = _value(last_text, index) if dash else (high if stepped else first)
    if first > last:
        raise _FieldError(f"the range '{span}' ends before it begins")
    return set(range(first, last + 1, step))


def _value(text: str, index: int) -> int:
    for number, names in enumerate(NAMES.get(index, ()), 1):
        if text in names:
            return number
    if text.isalpha():
        names_known = "is no name of one" if index in NAMES else "is a name, and the field has none"
        raise _FieldError(f"'{text}' {names_known}")
    number = _number(text)
    low, high = BOUNDS[index]
    if not low <= number <= high:
        raise _FieldError(f"'{text}' is not within {low} and {high}")
    return number


def _number(text: str) -> int:
    if not (text.isascii() and text.isdecimal()):
        raise _FieldError(f"'{text}' is no number")
    return int(text)
