"""The requirement whose fall kept many others from being judged, if there is one."""

from __future__ import annotations

from collections import Counter

from msgspec import UNSET

from conformance.report.document import Report

MANY = 10
"""Requirements that could not be judged, from which on it is worth the first line."""


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
