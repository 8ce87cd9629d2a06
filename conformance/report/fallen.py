"""The requirement whose failure kept many others from being judged, if there is one."""

from __future__ import annotations

from collections import Counter

from msgspec import UNSET

from conformance.report.document import Report

MANY = 10
"""How many requirements must be unjudged for this to be worth the first line."""


def fallen(report: Report) -> str | None:
    """One line about what kept most others from being judged, for the top of a report."""
    left = Counter(entry.because for entry in report.verdicts if entry.because is not UNSET)
    entries = {entry.id: entry for entry in report.verdicts}
    for identity, number in left.most_common(1):
        cause = entries.get(str(identity))
        if number >= MANY and cause is not None and cause.outcome.wrong:
            return (
                f"{cause.id} {cause.outcome.value}, and {number} requirements could not be judged "
                f"because of it: {cause.evidence.seen}"
            )
    return None
