"""Brings a list of known failures up to date, and leaves the rest of the file untouched."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from conformance.documents import Document, parse
from conformance.documents.nodes import DocumentError, Location
from conformance.errors import UsageError
from conformance.judging.entry import REQUIREMENT, SCENARIO, Entry
from conformance.requirements.known import FLAKY, KNOWN
from conformance.requirements.verdict import Outcome

LISTED = (REQUIREMENT, SCENARIO)
"""The kinds of verdicts that a list of known failures names."""

TO_FILL_IN = "FILL IN why, and until when"


@dataclass(frozen=True, slots=True)
class Update:
    """The new text of a file, and a line for each change to it."""

    text: str
    done: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Edit:
    """Text that replaces what is between ``start`` and ``end``."""

    start: int
    end: int
    text: str


def rewrite(path: Path, entries: Iterable[Entry], *, strict: bool) -> tuple[str, ...]:
    """Bring the file at ``path`` up to date with these entries; return a line for each change.

    Raises:
        UsageError: it cannot be written, or as for ``updated``.
    """
    judged = {entry.id: entry for entry in entries if entry.kind in LISTED}
    outcomes = {identity: entry.outcome for identity, entry in judged.items()}
    broken = {
        identity: judged[identity].evidence.seen
        for identity, outcome in outcomes.items()
        if outcome in (Outcome.FAILED, Outcome.WARNING)
    }
    failing = [identity for identity in broken if outcomes[identity].fails(strict=strict)]
    fixed = [identity for identity, outcome in outcomes.items() if outcome is Outcome.FIXED]
    try:
        text = path.read_text("utf-8") if path.exists() else ""
        update = updated(str(path), text, broken, fixed, failing)
        if update.done:
            path.write_text(update.text, "utf-8")
    except OSError as fault:
        raise UsageError(
            f"--update-known-failures: {path}: {fault.strerror}; name a file that can be written"
        ) from None
    return update.done


def updated(
    name: str,
    text: str,
    broken: Mapping[str, str],
    fixed: Collection[str],
    failing: Collection[str],
) -> Update:
    """Remove from the list what is ``fixed``, and add what is ``failing`` and not listed yet.

    ``broken`` is what was seen of everything that is broken, by id: the new evidence of entries
    that pin theirs. What is listed as flaky stays listed.

    Raises:
        UsageError: the list is written in a way that cannot be changed entry by entry.
    """
    if KNOWN not in (parse(text, name).value or {}):
        text = f"{text.rstrip()}\n{KNOWN}:\n".lstrip()
    document = parse(text, name)
    listed = {entry["id"]: entry for entry in _entries(document)}
    flaky = {entry["id"] for entry in document.value.get(FLAKY) or ()}
    edits, done = [], []
    for number, entry in enumerate(_entries(document)):
        if entry["id"] in fixed:
            edits.append(_removal(document, number))
            done.append(f"{entry['id']} was taken off the list: the worker keeps it now")
        elif entry["id"] in broken and "evidence" in entry:
            edits.append(_pin(document, number, broken[entry["id"]]))
            done.append(f"pinned {entry['id']} to what was seen now: {broken[entry['id']]}")
    fresh = [i for i in failing if i not in listed and i not in flaky]
    if fresh:
        edits.append(_addition(document, [(i, broken[i]) for i in fresh]))
        done += [f"{i} was put on the list; give the reason there" for i in fresh]
    for edit in sorted(edits, key=lambda edit: edit.start, reverse=True):
        text = text[: edit.start] + edit.text + text[edit.end :]
    return Update(text, tuple(done))


def _entries(document: Document) -> list[dict[str, Any]]:
    return list(document.value.get(KNOWN) or ())


def _items(document: Document) -> list[yaml.Node]:
    node = _known(document)
    return list(node.value) if isinstance(node, yaml.SequenceNode) else []


def _known(document: Document) -> yaml.Node:
    """The list, which exists by now."""
    assert document.root is not None
    return _value(document.root.raw, KNOWN)


def _value(node: yaml.Node, name: str) -> yaml.Node:
    assert isinstance(node, yaml.MappingNode)
    found: yaml.Node = next(value for key, value in node.value if key.value == name)
    return found


def _removal(document: Document, number: int) -> _Edit:
    item = _items(document)[number]
    _refuse_flow(document, item)
    starts = _line_starts(document.text)
    return _Edit(starts[item.start_mark.line], starts[_last_line(item) + 1], "")


def _pin(document: Document, number: int, seen: str) -> _Edit:
    value = _value(_items(document)[number], "evidence")
    end = value.end_mark.index
    kept = document.text[value.start_mark.index : end]
    tail = kept[len(kept.rstrip()) :]  # a block of text ends with its line
    return _Edit(value.start_mark.index, end, json.dumps(seen, ensure_ascii=False) + tail)


def _addition(document: Document, found: list[tuple[str, str]]) -> _Edit:
    items, starts = _items(document), _line_starts(document.text)
    node = _known(document)
    indent = "  "
    if items:
        _refuse_flow(document, items[-1])
        indent = " " * (items[-1].start_mark.column - 2)
        start = end = starts[_last_line(items[-1]) + 1]
    else:  # nothing, or []
        start = node.start_mark.index
        end = node.end_mark.index if isinstance(node, yaml.SequenceNode) else start
    text = "".join(
        f"{indent}- id: {identity}\n"
        f"{indent}  reason: {json.dumps(f'{TO_FILL_IN} (seen: {seen})', ensure_ascii=False)}\n"
        for identity, seen in found
    )
    before = document.text[:start]
    return _Edit(start, end, text if before.endswith("\n") or not before else f"\n{text}")


def _refuse_flow(document: Document, item: yaml.Node) -> None:
    sequence = _known(document)
    if isinstance(sequence, yaml.SequenceNode) and sequence.flow_style:
        raise DocumentError(
            f"{Location.of(item.start_mark, document.name)}: cannot be updated: the list stands in "
            "brackets; write each entry on lines of its own, with a hyphen before it"
        )


def _last_line(node: yaml.Node) -> int:
    """The last line of a node, without the comments after it."""
    if isinstance(node, yaml.CollectionNode) and node.value and not node.flow_style:
        last = node.value[-1]
        return _last_line(last[1] if isinstance(last, tuple) else last)
    return int(node.end_mark.line) - (1 if node.end_mark.column == 0 else 0)


def _line_starts(text: str) -> list[int]:
    """Where each line begins, and where the text ends."""
    starts = [0]
    for line in text.splitlines(keepends=True):
        starts.append(starts[-1] + len(line))
    return [*starts, len(text)]
