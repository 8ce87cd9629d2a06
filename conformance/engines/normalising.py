"""Makes the recording of a probe: names for all that another run would generate anew.

The names and their order are those of the recordings shipped with the suite: values of the script
first, then times, traces and other generated values, each by its first appearance.
"""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from conformance.engines.comparing import Came, by_length, frames, in_order, normal
from conformance.engines.pattern import ISO, long_text, sorted_parts
from conformance.engines.player import Played
from conformance.engines.probe import Probe, Recording, Step
from mock_engine.ids import UUID_PATTERN

PARTS = ("handshake", "http", "served", "close_reply", "frames")
LONGEST = 400
"""Characters up to which a text is recorded unchanged."""

NEAR = 86_400
"""Seconds around now in which a number is taken for a time."""

UNITS = {"$ts_s": 1, "$ts_ms": 1_000, "$ts_ns": 1_000_000_000}
TRACE = re.compile(r"00-([0-9a-f]{32})-([0-9a-f]{16})-01")


def recording(probe: Probe, played: Played, recorded_from: str) -> Recording:
    """The recording of one run of a probe that was not compared with anything."""
    namer = _Namer(played.names, _script(probe))
    steps: dict[int, Step] = {}
    for number, came in sorted(played.steps.items()):
        unordered = _unordered(probe, number, came)
        step = _named(probe, came, unordered, played.names, namer)
        if step:
            steps[number] = step
    return Recording(recorded_from, steps)


def _unordered(probe: Probe, number: int, came: Came) -> list[str]:
    """The connections whose frames within a step have no order."""
    step = probe.steps[number - 1] if number <= len(probe.steps) else {}
    return sorted(n for n in came.frames if step.get("unordered") or n in probe.unordered)


def _named(
    probe: Probe, came: Came, unordered: list[str], names: Mapping[str, str], namer: _Namer
) -> dict[str, Any]:
    """What came in a step, with names in it; empty if nothing came."""
    parts = asdict(came)
    parts["frames"] = frames(came, probe, names)
    for name in unordered:
        parts["frames"][name] = in_order(parts["frames"][name], names)
    parts["served"] = {name: in_order(asked, names) for name, asked in came.served.items()}
    parts["http"] = [normal(answer, probe, names) for answer in came.http]
    step = {part: namer.value(parts[part]) for part in PARTS if parts[part]}
    return step | ({"any_order": unordered} if unordered else {})


def _script(probe: Probe) -> str:
    return json.dumps(probe.steps)


@dataclass
class _Namer:
    """Gives names to what the engine generated, in the order of appearance."""

    names: Mapping[str, str]
    script: str
    drawn: dict[str, str] = field(default_factory=dict)

    def value(self, value: Any, key: str = "") -> Any:
        """The value with names in it."""
        if isinstance(value, str):
            return "$error_id" if key == "error_id" else self._text(value, key)
        if isinstance(value, bool) or value is None:
            return value
        if isinstance(value, (int, float)):
            return _time(value)
        if isinstance(value, list):
            return [self.value(item) for item in value]
        named = {self._text(name, ""): name for name in sorted(value)}
        return {own: self.value(value[name], name) for own, name in named.items()}

    def _text(self, text: str, key: str) -> str:
        for name, value in by_length(self.names):
            text = text.replace(value, f"<{name}>")
        text = re.sub(ISO, "$iso", text)
        text = TRACE.sub(self._trace, text)
        text = re.sub(UUID_PATTERN, self._numbered("$id"), text)
        text = sorted_parts(text, key)
        return long_text(text) if len(text) > LONGEST else text

    def _trace(self, match: re.Match[str]) -> str:
        trace, span = (
            part if part in self.script else self._name(kind, part)
            for kind, part in (("$trace", match[1]), ("$span", match[2]))
        )
        return f"00-{trace}-{span}-01"

    def _numbered(self, kind: str) -> Callable[[re.Match[str]], str]:
        return lambda match: self._name(kind, match[0])

    def _name(self, kind: str, value: str) -> str:
        if value not in self.drawn:
            number = sum(name.startswith(kind) for name in self.drawn.values()) + 1
            self.drawn[value] = f"{kind}{number}"
        return self.drawn[value]


def _time(value: float) -> Any:
    """A number, or the name of a time near now."""
    now = time.time()
    for name, unit in UNITS.items():
        if abs(value / unit - now) < NEAR:
            return name
    return value
