"""The verdicts on a terminal: a line a requirement, grouped by phase, and one closing line."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

from conformance.report.entry import FUZZ, REQUIREMENT, Entry
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

FUZZING = {"fuzz": "Fuzzing"}
"""The phase that fuzzing is told under, with its title."""


def table(
    phases: Mapping[str, str], entries: Sequence[Entry]
) -> Iterator[tuple[str, Outcome | None]]:
    """Lines of the table with the outcome that each tells, ``None`` for a heading.

    ``phases`` are the titles by phase, in order. Within a phase entries are ordered by id, since
    several processes may have judged them in any order.
    """
    for phase, title in phases.items():
        chosen = [told for told in entries if told["phase"] == phase]
        if chosen:
            yield title, None
        for told in sorted(chosen, key=lambda told: str(told["id"])):
            yield row(told), Outcome(told["outcome"])


def row(told: Entry) -> str:
    """One verdict as one line; its reason follows where it is not simply kept."""
    outcome = Outcome(told["outcome"])
    rule = told["sentence"].removeprefix("A worker ").rstrip(".")
    text = f"  {MARKS[outcome][0]:5}  {told['id']}  {told['level']:6}  {rule}"
    if outcome is Outcome.PASSED or "notes" in told:
        return text
    return f"{text}\n{' ' * 26}{told['reason']}"


def told_at_the_end(entries: Sequence[Entry]) -> Iterator[str]:
    """What fuzzing explored, and its findings where they did not fail the run."""
    for told in entries:
        yield from told.get("notes", ())
        if told["kind"] == FUZZ and told["outcome"] == Outcome.WARNING.value:
            yield from told["evidence"].get("differences", ())


def closings(entries: Sequence[Entry], known: int) -> Iterator[str]:
    """The last lines: what fuzzing found, and what became of the requirements."""
    yield from (told["reason"] for told in entries if "notes" in told)
    if any(told["kind"] == REQUIREMENT for told in entries):
        yield closing(entries, known)


def closing(entries: Sequence[Entry], known: int) -> str:
    """The closing line on requirements; ``known`` is how many the catalogue has."""
    chosen = [told for told in entries if told["kind"] == REQUIREMENT]
    counts = Counter(Outcome(told["outcome"]) for told in chosen)
    judged = sum(number for outcome, number in counts.items() if outcome.judged)
    told = [
        f"{judged} judged",
        f"{counts[Outcome.PASSED]} passed",
        f"{counts[Outcome.WARNING]} warnings",
        f"{counts[Outcome.FAILED]} failed",
    ]
    if counts[Outcome.KNOWN_FAILURE]:
        told.append(f"{counts[Outcome.KNOWN_FAILURE]} known failures")
    if counts[Outcome.FIXED]:
        told.append(f"{counts[Outcome.FIXED]} fixed")
    told += [
        f"{counts[Outcome.NOT_VERIFIED]} not verified",
        f"{counts[Outcome.NOT_APPLICABLE]} not applicable",
    ]
    return f"conformance: {', '.join(told)}, out of {known} requirements"
