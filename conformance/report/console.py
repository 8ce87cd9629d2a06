"""The verdicts on a terminal: a line a requirement, grouped by phase, and one closing line."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

from conformance.catalogue import Catalogue
from conformance.court import Verdict
from conformance.verdict import Outcome

MARKS = {
    Outcome.PASSED: ("pass", {"green": True}),
    Outcome.FAILED: ("FAIL", {"red": True, "bold": True}),
    Outcome.WARNING: ("warn", {"yellow": True}),
    Outcome.NOT_APPLICABLE: ("n/a", {"light": True}),
    Outcome.NOT_VERIFIED: ("?", {"cyan": True}),
    Outcome.KNOWN_FAILURE: ("known", {"yellow": True}),
    Outcome.FIXED: ("FIXED", {"red": True, "bold": True}),
}
"""How an outcome is written, and pytest's markup for it."""


def table(
    catalogue: Catalogue, verdicts: Sequence[Verdict]
) -> Iterator[tuple[str, Outcome | None]]:
    """Lines of the table with the outcome that each tells, ``None`` for a heading."""
    for phase, title in catalogue.phases.items():
        chosen = [v for v in verdicts if v.requirement.phase == phase]
        if not chosen:
            continue
        yield title, None
        for verdict in chosen:
            yield row(verdict), verdict.outcome


def row(verdict: Verdict) -> str:
    """One verdict as one line; its reason follows where it is not simply kept."""
    requirement = verdict.requirement
    rule = requirement.sentence.removeprefix("A worker ").rstrip(".")
    text = f"  {MARKS[verdict.outcome][0]:5}  {requirement.id}  {requirement.level.value:6}  {rule}"
    if verdict.outcome is Outcome.PASSED:
        return text
    return f"{text}\n{' ' * 26}{reason(verdict)}"


def reason(verdict: Verdict) -> str:
    """Why a verdict is not a plain pass, in one line."""
    if verdict.known is not None and verdict.outcome is Outcome.KNOWN_FAILURE:
        return f"known failure: {verdict.known.reason} (seen: {verdict.finding.seen})"
    if verdict.outcome is Outcome.FIXED:
        return "fixed: it passes now; take it off the list of known failures"
    return f"{verdict.outcome.value}: {verdict.finding.seen}"


def closing(verdicts: Iterable[Verdict], known: int) -> str:
    """The closing line; ``known`` is how many requirements the catalogue has."""
    counts = Counter(verdict.outcome for verdict in verdicts)
    judged = sum(number for outcome, number in counts.items() if outcome.judged)
    told = [
        f"{judged} judged",
        f"{counts[Outcome.PASSED]} passed",
        f"{counts[Outcome.WARNING]} warnings",
        f"{counts[Outcome.FAILED]} failed",
        *(
            f"{counts[outcome]} {outcome.value}"
            for outcome in (Outcome.KNOWN_FAILURE, Outcome.FIXED)
            if counts[outcome]
        ),
        f"{counts[Outcome.NOT_VERIFIED]} not verified",
        f"{counts[Outcome.NOT_APPLICABLE]} not applicable",
    ]
    return f"conformance: {', '.join(told)}, out of {known} requirements"
