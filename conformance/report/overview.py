"""A run in short: the verdict, what was not verified and why, and what to do next.

Every verdict is in the output of ``-v``, in the report and in JUnit; this is what to act on.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator

from conformance.judging.entry import FUZZ, REQUIREMENT, Entry
from conformance.report.document import Report
from conformance.requirements.verdict import Level, Outcome
from conformance.subject.command import wrapper
from mock_engine.rendering import counted

NAMED = 6
"""Ids that are listed after a reason; if there are more they are counted."""

LINE = 150
STEPS = 3

STARTING = "worker"
"""Where an error is reported if the worker cannot be started."""

SHUTTING = "shutting"
FULL = "takes --level full"
PARTS = "this takes a function that plays the part of"

NEEDS = re.compile(r"needs ([A-Z]+-\d+): not verified \((.*)\)")
"""The wording for a missing prerequisite, with the reason why that one is not verified."""

Line = tuple[str, Outcome | None]
"""A line with the outcome that it is about, ``None`` for a heading."""


def failing(report: Report) -> list[Entry]:
    """What fails the run."""
    strict = bool(report.options.get("strict"))
    return [entry for entry in report.verdicts if entry.outcome.fails(strict=strict)]


def is_judged(report: Report) -> bool:
    """Whether there is anything to show; of a worker that cannot be started the error says all."""
    return bool(report.verdicts) or any(error.id != STARTING for error in report.errors)


def headline(report: Report) -> tuple[str, bool]:
    """The verdict on the run in a few words, and whether it is good."""
    failed = failing(report)
    if failed:
        return f"FAIL: {_broken(failed)}", False
    if report.errors:
        return f"FAIL: {counted(len(report.errors), 'item')} ended without a verdict", False
    if not any(entry.outcome.judged for entry in report.verdicts):
        return "NOT JUDGED", False
    warnings = sum(entry.outcome is Outcome.WARNING for entry in report.verdicts)
    return (f"PASS, with {counted(warnings, 'warning')}" if warnings else "PASS"), True


def brief(report: Report) -> Iterator[Line]:
    """What was not simply kept and does not fail the run, one line each, by outcome."""
    failed = set(map(id, failing(report)))
    rest = [entry for entry in report.verdicts if id(entry) not in failed]
    for outcome in (Outcome.NOT_APPLICABLE, Outcome.NOT_VERIFIED):
        yield from _reasons(outcome, [entry for entry in rest if entry.outcome is outcome])
    for outcome in (Outcome.KNOWN_FAILURE, Outcome.FLAKY, Outcome.WARNING):
        found = [entry for entry in rest if entry.outcome is outcome and entry.kind != FUZZ]
        if found:
            yield f"{counted(len(found), outcome.value)}:", None
        for entry in found:
            seen = _bare(entry)
            yield f"  {entry.id}  {entry.rule}", outcome
            yield f"  {'':{len(entry.id)}}  {_cut(seen)}", outcome


def next_steps(report: Report) -> list[str]:
    """What to do next: commands to type, the most useful first, three at most."""
    broken = [entry.id for entry in failing(report) if entry.kind == REQUIREMENT]
    steps = [
        f"mend this first, the rest may follow from it: {text}"
        for text in report.subject.get("early", ())[:1]
        if broken
    ]
    defects = [identity for identity in broken if identity in report.subject.get("sdk_defects", {})]
    if defects:
        steps.append(
            f"{', '.join(defects[:4])}: known of the SDK, not yours; --known-failures sdk says so"
        )
    name = wrapper(report.judged)
    if name and any(entry.phase == SHUTTING for entry in failing(report)):
        steps.append(
            f"{name} stands before the worker and gets the signals: start the worker itself, as in "
            "`node dist/worker.js`, or `exec` it"
        )
    if broken:
        steps.append(f"iii-conformance explain {' '.join(broken[:4])}")
        if not report.options.get("known_failures"):
            steps.append(
                "live with it for now: --known-failures known.yaml --update-known-failures"
            )
    lacking = _count(report, PARTS)
    if lacking:
        steps.append(
            f"{counted(lacking, 'more requirement is', 'more requirements are')} judged where "
            "functions play the well-known parts: see `roles` in docs/usage.md"
        )
    if long := _count(report, FULL):
        steps.append(f"--level full judges {long} more")
    judged = any(entry.outcome.judged for entry in report.verdicts)
    fuzzed = any(entry.kind == FUZZ for entry in report.verdicts)
    if judged and not (broken or fuzzed or report.is_about_engine):
        steps.append("--fuzz=60s hunts for bugs in what your functions do")
    return steps[:STEPS]


def _count(report: Report, reason: str) -> int:
    return sum(_bare(entry).startswith(reason) for entry in report.verdicts)


def _broken(failed: Iterable[Entry]) -> str:
    """What is broken, by level: "2 MUSTs and 1 SHOULD broken"."""
    failed = list(failed)
    fixed = sum(entry.outcome is Outcome.FIXED for entry in failed)
    parts = []
    for level in Level:
        number = sum(e.level is level and e.outcome is not Outcome.FIXED for e in failed)
        if number:
            parts.append(counted(number, level.value))
    words = [f"{' and '.join(parts)} broken"] if parts else []
    if fixed:
        words.append(f"{counted(fixed, 'known failure')} fixed: take it off the list")
    return ", ".join(words)


def _reasons(outcome: Outcome, entries: list[Entry]) -> Iterator[Line]:
    """A line for each reason, with the verdicts that it explains."""
    if not entries:
        return
    yield f"{len(entries)} {outcome.value}:", None
    by_reason: dict[str, list[str]] = defaultdict(list)
    for entry in entries:
        by_reason[_root(_bare(entry))].append(entry.id)
    for reason, ids in sorted(by_reason.items(), key=lambda item: -len(item[1])):
        more = f" and {len(ids) - NAMED} more" if len(ids) > NAMED else ""
        yield f"  {_cut(reason)}: {', '.join(ids[:NAMED])}{more}", outcome


def _root(reason: str) -> str:
    """The first reason in a chain of reasons, each of which depends on another."""
    while (outer := NEEDS.fullmatch(reason)) and NEEDS.fullmatch(outer[2]):
        reason = outer[2]
    return f"needs {outer[1]}: {outer[2]}" if outer else reason


def _bare(entry: Entry) -> str:
    """The reason of a verdict, without the outcome before it."""
    return entry.reason.removeprefix(f"{entry.outcome.value}: ")


def _cut(text: str) -> str:
    return text if len(text) <= LINE else f"{text[: LINE - 1]}…"
