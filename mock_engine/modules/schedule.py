"""Cron expressions with seconds: ``sec min hour day month weekday [year]``, in UTC.

A day matches when the day of the month and the day of the week both do, as in the Rust ``cron``
crate, whose weekdays count from 1 (Sunday) to 7.
"""

from __future__ import annotations

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
"""The fields that may be ``?``."""

BOUNDS = ((0, 59), (0, 59), (0, 23), (1, 31), (1, 12), (1, 7), (1970, 2100))
SHORTHANDS = {
    "@yearly": "0 0 0 1 1 *",
    "@monthly": "0 0 0 1 * *",
    "@weekly": "0 0 0 * * 1",
    "@daily": "0 0 0 * * *",
    "@hourly": "0 0 * * * *",
}
LEAST_FIELDS, MOST_FIELDS = 6, 7


class BadExpression(ValueError):  # noqa: N818 - a property of the text
    """The text is no cron expression. The Rust ``cron`` crate gives no details either."""

    def __init__(self) -> None:
        super().__init__("Invalid expression: Invalid cron expression.")


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
        """Read an expression.

        Raises:
            BadExpression: it is none.
        """
        fields = SHORTHANDS.get(text.strip(), text).split()
        if not LEAST_FIELDS <= len(fields) <= MOST_FIELDS:
            raise BadExpression
        padded = [*fields, "*"][:MOST_FIELDS]
        return cls(*(_field(part, index) for index, part in enumerate(padded)))

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
    if span == "*" or (span == "?" and index in ANY):
        first, last = low, high
    else:
        first_text, dash, last_text = span.partition("-")
        if first_text.isalpha() and stepped and not dash:
            raise BadExpression  # a single name has no steps
        if first_text.isalpha() != last_text.isalpha() and dash:
            raise BadExpression  # names and numbers do not mix
        first = _value(first_text, index)
        last = _value(last_text, index) if dash else (high if stepped else first)
    if step < 1 or not low <= first <= last <= high:
        raise BadExpression
    return set(range(first, last + 1, step))


def _value(text: str, index: int) -> int:
    for number, names in enumerate(NAMES.get(index, ()), 1):
        if text in names:
            return number
    return _number(text)


def _number(text: str) -> int:
    if not (text.isascii() and text.isdecimal()):
        raise BadExpression
    return int(text)
