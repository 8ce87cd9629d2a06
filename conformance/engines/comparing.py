"""Compares what came in a step with what was recorded."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from conformance.engines.pattern import DRAWN, ISO, Fit, Mismatch
from conformance.engines.probe import Probe, Step

PARTS = ("handshake", "http", "close_reply")
"""The parts of a step in a recording besides frames and requests to servers."""

SHORTEST = 4
"""Characters of a value from which on a recording contains its name instead."""


@dataclass(slots=True)
class Came:
    """What came in one step; ``frames``, ``served`` and the like by connection or server."""

    handshake: dict[str, Any] = field(default_factory=dict)
    frames: dict[str, list[Any]] = field(default_factory=dict)
    http: list[Any] = field(default_factory=list)
    served: dict[str, list[Any]] = field(default_factory=dict)
    close_reply: dict[str, Any] = field(default_factory=dict)

    def count(self) -> int:
        """How many things came in the step."""
        parts = (self.frames, self.served)
        return len(self.http) + sum(len(v) for part in parts for v in part.values())


def expected(recorded: Step) -> int:
    """How many things a recording has for a step."""
    parts = (recorded.get("frames", {}), recorded.get("served", {}))
    return len(recorded.get("http", ())) + sum(len(v) for part in parts for v in part.values())


def compare(
    came: Came, recorded: Step, probe: Probe, names: Mapping[str, str], fit: Fit
) -> Mismatch | None:
    """The first difference between what came in a step and its recording.

    ``names`` are the values of the script's names; ``fit`` learns what the engine generated.
    """
    fit.names |= {f"<{name}>": value for name, value in names.items()}
    for part in PARTS:
        seen = getattr(came, part)
        seen = [normal(answer, probe, names) for answer in seen] if part == "http" else seen
        empty: Any = [] if part == "http" else {}
        mismatch = fit.compare(recorded.get(part, empty), seen, part)
        if mismatch is not None:
            return mismatch
    asked = recorded.get("served", {})
    mismatch = _compare_lists(asked, came.served, fit, "served", frozenset(asked))
    if mismatch is not None:
        return mismatch
    unordered = frozenset(recorded.get("any_order", ()))
    seen = frames(came, probe, names)
    return _compare_lists(recorded.get("frames", {}), seen, fit, "frames", unordered)


def _compare_lists(
    recorded: Mapping[str, list[Any]],
    seen: Mapping[str, list[Any]],
    fit: Fit,
    part: str,
    unordered: frozenset[str],
) -> Mismatch | None:
    """The first difference between lists by name, some of which have no order."""
    for name in sorted({*recorded, *seen}):
        compare = fit.compare_in_any_order if name in unordered else fit.compare
        mismatch = compare(recorded.get(name, []), seen.get(name, []), f"{part}.{name}")
        if mismatch is not None:
            return mismatch
    return None


def frames(came: Came, probe: Probe, names: Mapping[str, str]) -> dict[str, list[Any]]:
    """The frames of a step by connection, prepared as the probe says for comparing."""
    found = {
        name: [normal(frame, probe, names) for frame in came.frames[name]] for name in came.frames
    }
    return {
        name: once(each, names) if name in probe.deduped else each for name, each in found.items()
    }


def normal(value: Any, probe: Probe, names: Mapping[str, str]) -> Any:
    """A frame, or an answer over HTTP, normalised by the rules of the probe."""
    rules = probe.normalise
    value = json.loads(json.dumps(value))
    for keep in rules.get("keep_items", ()):
        text = keep["contains"]
        for name, own in names.items():
            text = text.replace(f"<{name}>", own)
        _at(value, keep["path"], partial(_kept, text=text))
    for path in rules.get("mask", ()):
        _at(value, path, lambda _: "$masked")
    for path in rules.get("sort_items", ()):
        _at(value, path, partial(in_order, names=names))
    for path in rules.get("drop", ()):
        _at(value, path, None)
    return value


def once(frames: Sequence[Any], names: Mapping[str, str]) -> list[Any]:
    """The frames without repetitions of earlier ones."""
    found: dict[str, Any] = {}
    for frame in frames:
        called = isinstance(frame, dict) and frame.get("type") == "invokefunction"
        drawn = ("invocation_id", "traceparent") if called else ()
        rest = {k: v for k, v in frame.items() if k not in drawn} if drawn else frame
        found.setdefault(kind_of(rest, names), frame)
    return list(found.values())


def in_order(items: Any, names: Mapping[str, str]) -> Any:
    """Items in the order of a recording whose own order does not matter."""
    if not isinstance(items, list):
        return items
    return sorted(items, key=lambda item: kind_of(item, names))


def kind_of(item: Any, names: Mapping[str, str]) -> str:
    """An item as a recording has it, but without the numbers of what the engine generated."""
    text = json.dumps(item, ensure_ascii=False, sort_keys=True)
    for name, value in by_length(names):
        text = text.replace(value, f"<{name}>")
    return re.sub(ISO, "$iso", re.sub(DRAWN["$id"], "$id", text))


def by_length(names: Mapping[str, str]) -> list[tuple[str, str]]:
    """The names that replace values in a recording, those of the longest values first."""
    told = [(name, value) for name, value in names.items() if len(value) >= SHORTEST]
    return sorted(told, key=lambda entry: -len(entry[1]))


def _kept(items: Any, text: str) -> Any:
    if not isinstance(items, list):
        return items
    return [item for item in items if text in json.dumps(item, ensure_ascii=False)]


def _at(value: Any, path: str, change: Callable[[Any], Any] | None) -> None:
    """Change the value at a dotted path, ``*`` being every item; drop it for ``None``."""
    head, _, rest = path.partition(".")
    keys: list[Any] = []
    if isinstance(value, list):
        keys = list(range(len(value))) if head == "*" else []
    elif isinstance(value, dict):
        keys = list(value) if head == "*" else [head] if head in value else []
    for key in keys:
        if rest:
            _at(value[key], rest, change)
        elif change is None:
            del value[key]
        else:
            value[key] = change(value[key])
