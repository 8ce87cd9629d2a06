"""The full account of one verdict: rule, source, expected, seen, frames, log, and what to try."""

from __future__ import annotations

import textwrap

from conformance.report.entry import Entry
from conformance.verdict import Outcome

WIDTH = 98


def account(told: Entry) -> str:
    """What a person needs to understand a broken requirement, as plain text."""
    if told["outcome"] == Outcome.FIXED.value:
        return f"{told['id']}: {told['reason']}"
    parts = [
        f"{told['id']} {told['level']}: {told['sentence']}",
        _line("source", told["source"]),
        _line("expected", told["expected"]),
        _line("seen", told["seen"]),
        _block("evidence", told["evidence"]),
        _block("the last frames both ways", told["frames"]),
        _block("the worker's last output", told["log"]),
        _line("next", told["remedy"]),
        _line("known as", ", ".join(told["bugs"])),
        _line("again", f"pytest --worker-cmd=… --requirement {told['id']}"),
    ]
    return "\n".join(part for part in parts if part)


def _line(name: str, text: str) -> str:
    if not text:
        return ""
    return textwrap.fill(
        text, WIDTH, initial_indent=f"  {name + ':':10} ", subsequent_indent=" " * 13
    )


def _block(title: str, body: list[str]) -> str:
    shown = [f"    {line}" for line in body]
    return "\n".join([f"  {title}:", *shown]) if shown else ""
