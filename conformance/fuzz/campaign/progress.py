"""How fuzzing is shown to a person: its progress, what it explored, what it found."""

from __future__ import annotations

import re
import shlex
import textwrap
from collections.abc import Iterator, Sequence
from pathlib import Path

from conformance.fuzz.campaign.defect import CampaignReport, Defect, ReplayStep
from conformance.requirements.verdict import Level
from mock_engine.rendering import counted

WIDTH = 98
SHOWN = 400
LONGEST = 2000
"""Characters of a command that can still be typed; a longer one has its invocations in a file."""

OWN_LINES, SDK_LINES = 5, 2
SDK = re.compile(r"\[iii|\biii[_-]sdk\b|\biii\.\w|opentelemetry|OTel", re.IGNORECASE)
"""Matches a line of output that an official SDK or its telemetry wrote."""


def progress(report: CampaignReport, seconds: float) -> str:
    """One line on the progress of a campaign."""
    rate = report.invocations / seconds if seconds else 0.0
    news = sum(explored.news for explored in report.explored.values())
    parts = [
        f"fuzz {seconds:5.0f} s",
        f"{counted(report.invocations, 'invocation')} ({rate:.0f}/s)",
        counted(news, "kind of answer", "kinds of answers"),
        counted(len(report.findings), "finding"),
    ]
    if report.restarts:
        parts.append(counted(report.restarts, "restart"))
    return ", ".join(parts)


def explored(report: CampaignReport) -> Iterator[str]:
    """What was tried, one line per function."""
    for name, one in sorted(report.explored.items()):
        parts = [
            counted(one.inputs, "input"),
            counted(one.news, "kind of answer", "kinds of answers"),
        ]
        parts.append(f"{counted(one.results, 'result')}, {counted(one.errors, 'error')}")
        if one.refusals:
            parts.append(
                counted(one.refusals, "result that holds an error", "results that hold an error")
            )
        if one.calls:
            parts.append(f"calls {', '.join(one.calls)}")
        parts.append(f"format {one.format}")
        yield f"  {name}: {'; '.join(parts)}"
        if one.learned:
            yield f"      learned from its answers: {', '.join(one.learned)}"
        if one.inputs and not one.results:
            yield "      it never returned a result: give examples of its data in conformance.yaml"
    for note in report.notes:
        yield f"  note: {note}"
    for reason in report.withheld[:8]:
        yield f"  left out: {reason}"


def describe(defect: Defect, number: int, again: str) -> list[str]:
    """One finding in full; ``again`` is the command that reproduces it.

    The worker's own last lines come before those of its SDK, of which many follow a crash.
    """
    suspicion = defect.suspicion
    times = "once" if defect.hits == 1 else f"{defect.hits} times"
    head = f"  {number}. {suspicion.function_id}: {suspicion.kind.value}"
    word = "FAIL" if defect.level is Level.MUST else "warn"
    shown = "reproduced" if defect.reproduced else "shown by its reply, which did not come again"
    lines = [f"{head}  [{word}; met {times}, {shown}]"]
    lines += _line("input", _input(defect.steps))
    lines += _line("expected", suspicion.expected)
    lines += _line("seen", suspicion.seen)
    lines += _line("reply", _short(defect.reply))
    lines += [f"      output:   {_short(line, 160)}" for line in last_lines(defect.log)]
    lines += _line("next", defect.remedy)
    lines.append(f"      again:    {again}")
    return lines


def last_lines(log: Sequence[str]) -> list[str]:
    """The last lines of a worker's output: its own first, then those of an SDK that follow."""
    own = [line for line in log if line.strip() and SDK.search(line) is None]
    sdk = [line for line in log if SDK.search(line) is not None]
    return own[-OWN_LINES:] + sdk[-SDK_LINES:]


def command(steps: Sequence[ReplayStep], worker: str) -> str:
    """A command that reproduces a finding, as it can be typed."""
    words = [*_invoke(worker)]
    for step in steps:
        more = [str(step.times), step.answer] if step.answer else [str(step.times)]
        more = more if step.answer or step.times > 1 else []
        words += ["--call", step.function_id, step.data, *more]
    return shlex.join(words)


def file_command(file: Path, worker: str) -> str:
    """The same with the invocations in a file."""
    return shlex.join([*_invoke(worker), "--calls", str(file)])


def _invoke(worker: str) -> tuple[str, ...]:
    return ("python", "-m", "conformance", "invoke", "--worker-cmd", worker)


def _input(steps: Sequence[ReplayStep]) -> str:
    parts = [
        f"{step.function_id} {_short(step.data)}"
        + (f" ({step.times} times)" if step.times > 1 else "")
        + (f", its calls answered {_short(step.answer)}" if step.answer else "")
        for step in steps[-6:]
    ]
    if len(steps) == 1 and steps[0].times == 1 and not steps[0].answer:
        return _short(steps[0].data)
    before = f"{len(steps) - 6} more, then " if len(steps) > 6 else ""
    return before + ", then ".join(parts)


def _line(name: str, text: str) -> list[str]:
    if not text:
        return []
    plain = "".join(c if c.isprintable() else repr(c)[1:-1] for c in text)
    return textwrap.wrap(
        plain, WIDTH, initial_indent=f"      {name + ':':10}", subsequent_indent=" " * 16
    )


def _short(text: str, width: int = SHOWN) -> str:
    return text if len(text) <= width else f"{text[:width]}… ({len(text)} characters)"


def closing(report: CampaignReport) -> str:
    """What the campaign shows, and what it does not."""
    functions = len(report.explored)
    early = ", interrupted" if report.interrupted else ""
    musts = sum(found.level is Level.MUST for found in report.findings)
    shoulds = len(report.findings) - musts
    found = counted(musts, "finding") + (f", {counted(shoulds, 'warning')}" if shoulds else "")
    text = (
        f"fuzzing: {counted(report.invocations, 'invocation')} of "
        f"{counted(functions, 'function')} in "
        f"{report.seconds:.1f} s{early} (seed {report.seed}): {found}"
    )
    shallow = sorted(name for name, one in report.explored.items() if one.is_shallow)
    if shallow:
        more = f" and {len(shallow) - 3} more" if len(shallow) > 3 else ""
        text += f"; never past the checks of their data: {', '.join(shallow[:3])}{more}"
    if not report.findings:
        text += "; that none was found does not mean that there is none"
    return text
