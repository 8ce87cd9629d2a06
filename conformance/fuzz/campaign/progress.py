"""What fuzzing tells a person: how far it is, what it explored, what it found."""

from __future__ import annotations

import shlex
import textwrap
from collections.abc import Iterator, Sequence

from conformance.fuzz.campaign.finding import Finding, Report, Step
from conformance.requirements.verdict import Level

WIDTH = 98
SHOWN = 400


def progress(report: Report, seconds: float) -> str:
    """One line on how far a campaign is."""
    rate = report.invocations / seconds if seconds else 0.0
    news = sum(explored.news for explored in report.explored.values())
    told = [
        f"fuzz {seconds:5.0f} s",
        f"{report.invocations} invocations ({rate:.0f}/s)",
        f"{news} kinds of answers",
        f"{len(report.findings)} findings",
    ]
    if report.restarts:
        told.append(f"{report.restarts} restarts")
    return ", ".join(told)


def explored(report: Report) -> Iterator[str]:
    """What was tried, a line a function."""
    for name, one in sorted(report.explored.items()):
        told = [f"{one.inputs} inputs", f"{one.news} kinds of answers"]
        told.append(f"{one.results} results, {one.errors} errors")
        told.append(f"format {one.format}")
        yield f"  {name}: {'; '.join(told)}"
        if one.learned:
            yield f"      learned from its answers: {', '.join(one.learned)}"
        if one.inputs and not one.results:
            yield "      it never returned a result: give examples of its data in conformance.yaml"
    for note in report.notes:
        yield f"  note: {note}"
    for reason in report.withheld[:8]:
        yield f"  left out: {reason}"


def finding(told: Finding, number: int, worker: str) -> list[str]:
    """One finding in full; ``worker`` is the command of the worker."""
    suspicion = told.suspicion
    times = "once" if told.hits == 1 else f"{told.hits} times"
    head = f"  {number}. {suspicion.function_id}: {suspicion.kind.value}"
    word = "FAIL" if told.level is Level.MUST else "warn"
    again = "reproduced" if told.reproduced else "seen, but not reproduced"
    lines = [f"{head}  [{word}; met {times}, {again}]"]
    lines += _line("input", _input(told.steps))
    lines += _line("expected", suspicion.expected)
    lines += _line("seen", suspicion.seen)
    lines += _line("reply", _short(told.reply))
    lines += [f"      output:   {_short(line, 160)}" for line in told.log[-5:]]
    lines += _line("next", told.remedy)
    lines.append(f"      again:    {command(told.steps, worker)}")
    return lines


def command(steps: Sequence[Step], worker: str) -> str:
    """A command that shows a finding again, as it can be typed."""
    words = ["python", "-m", "conformance", "invoke", "--worker-cmd", worker]
    for step in steps:
        times = [str(step.times)] if step.times > 1 else []
        words += ["--call", step.function_id, step.data, *times]
    return " ".join(shlex.quote(word) for word in words)


def _input(steps: Sequence[Step]) -> str:
    told = [
        f"{step.function_id} {_short(step.data)}"
        + (f" ({step.times} times)" if step.times > 1 else "")
        for step in steps[-6:]
    ]
    if len(steps) == 1 and steps[0].times == 1:
        return _short(steps[0].data)
    before = f"{len(steps) - 6} more, then " if len(steps) > 6 else ""
    return before + ", then ".join(told)


def _line(name: str, text: str) -> list[str]:
    if not text:
        return []
    plain = "".join(c if c.isprintable() else repr(c)[1:-1] for c in text)
    return textwrap.wrap(
        plain, WIDTH, initial_indent=f"      {name + ':':10}", subsequent_indent=" " * 16
    )


def _short(text: str, width: int = SHOWN) -> str:
    return text if len(text) <= width else f"{text[:width]}… ({len(text)} characters)"


def closing(report: Report) -> str:
    """What the campaign shows, and what it does not."""
    functions = len(report.explored)
    musts = sum(found.level is Level.MUST for found in report.findings)
    shoulds = len(report.findings) - musts
    found = f"{musts} findings" + (f", {shoulds} warnings" if shoulds else "")
    told = (
        f"fuzzing: {report.invocations} invocations of {functions} functions in "
        f"{report.seconds:.1f} s (seed {report.seed}): {found}"
    )
    if not report.findings:
        told += "; that none was found does not mean that there is none"
    return told
