"""What pytest's terminal shows of a run: an opening and the last lines."""

from __future__ import annotations

from collections.abc import Iterable

import pytest

from conformance.report.console import MARKS, closing, fuzzing, table
from conformance.report.document import Report
from conformance.report.fallen import fallen
from conformance.report.overview import brief, headline, next_steps
from conformance.report.subject import about


def quieten(config: pytest.Config) -> None:
    """With ``-q`` only the closing lines are printed; ``--tb`` brings failures back."""
    if config.option.verbose < 0 and config.option.tbstyle == "auto":
        config.option.tbstyle = "no"


def opening(terminal: pytest.TerminalReporter, report: Report, *, whole: bool) -> None:
    """The verdict, the worker, and what was not verified and why; the ``whole`` list on request."""
    verdict, good = headline(report)
    terminal.section(f"conformance: {verdict}", bold=True, green=good, red=not good)
    cause = fallen(report)
    if cause is not None:
        terminal.write_line(cause, red=True, bold=True)
    for line in about(report.subject):
        terminal.write_line(line)
    lines = list(table(report) if whole else brief(report))
    if lines:
        terminal.write_line("")
    for text, outcome in lines:
        terminal.write_line(text, **(MARKS[outcome][1] if outcome else {"bold": True}))
    for line in fuzzing(report.verdicts):
        terminal.write_line(line)


def end(terminal: pytest.TerminalReporter, report: Report, remarks: Iterable[str]) -> None:
    """What to do next, the remarks, and the counts."""
    steps = next_steps(report) if terminal.config.option.verbose >= 0 else []
    if steps:
        terminal.write_line("")
    for step in steps:
        terminal.write_line(f"next: {step}")
    for remark in remarks:
        terminal.write_line(remark)
    for line in closing(report):
        terminal.write_line(line, bold=True)
