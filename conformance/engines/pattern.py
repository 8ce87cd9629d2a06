"""A recording as a pattern: what an engine sent either fits it or does not.

In a recording, ``<name>`` stands for a value of the script, perhaps one that it takes from a later
frame, and ``$id1``, ``$trace1``, ``$span1`` for values that the engine generated: the same each
time they occur, whatever they are. ``$ts_ms`` and the like are times, ``$masked`` is anything,
``$long(len=…,sha256=…)`` a long text.

Wording for people (the message of an error besides its code, and a description) is compared
separately: programs do not read it.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from mock_engine.ids import UUID_PATTERN

Names = dict[str, str]
"""The values of a recording's names, as far as known."""

TOKEN = re.compile(r"<[a-z][A-Za-z0-9_.]*>|\$(?:id|trace|span)\d+|\$iso|\$long\([^)]*\)")
ANYTHING = ("$masked", "$error_id", "$x-iii-timestamp", "$x-iii-signature")
TIMES = ("$ts_s", "$ts_ms", "$ts_ns")
DRAWN = {
    "$id": UUID_PATTERN,
    "$trace": r"[0-9a-f]{32}",
    "$span": r"[0-9a-f]{16}",
}
ISO = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)"
NAMESPACES = re.compile(r"(?<=in namespace\(s\): )[^.]+")
"""Texts in which a message lists the namespaces where it found something."""

WIDTH = 1500
"""Characters of a differing value that are shown."""


@dataclass(frozen=True, slots=True)
class Mismatch:
    """A place where what came differs from the recording; both values as JSON text, shortened."""

    path: str
    recorded: str
    seen: str


@dataclass(slots=True)
class Fit:
    """Compares what came with what was recorded, and learns the ``names`` in it.

    ``wording`` are the differences in wording alone.
    """

    names: Names = field(default_factory=dict)
    wording: list[Mismatch] = field(default_factory=list)

    def compare(self, recorded: Any, seen: Any, path: str = "") -> Mismatch | None:
        """The first difference, or ``None``."""
        if isinstance(recorded, str):
            return self._text(recorded, seen, path)
        if isinstance(recorded, Mapping) and isinstance(seen, Mapping):
            return self._object(recorded, seen, path)
        if isinstance(recorded, list) and isinstance(seen, list):
            return self._list(recorded, seen, path)
        same = type(recorded) is type(seen) and recorded == seen
        return None if same else differs(recorded, seen, path)

    def compare_in_any_order(
        self, recorded: Sequence[Any], seen: Sequence[Any], path: str = ""
    ) -> Mismatch | None:
        """The same for lists whose order does not matter."""
        if len(recorded) == len(seen):
            for exact in (True, False):
                found = self._assigned(list(recorded), list(seen), exact=exact)
                if found is not None:
                    self.names, self.wording = found.names, found.wording
                    return None
        return differs(list(recorded), list(seen), path)

    def _assigned(self, recorded: list[Any], seen: list[Any], *, exact: bool) -> Fit | None:
        """What is learned if each recorded item is matched with one that was seen."""
        if not recorded:
            return self
        for index, candidate in enumerate(seen):
            attempt = self._copy()
            if attempt.compare(recorded[0], candidate) is not None:
                continue
            if exact and len(attempt.wording) > len(self.wording):
                continue
            rest = seen[:index] + seen[index + 1 :]
            found = attempt._assigned(recorded[1:], rest, exact=exact)  # noqa: SLF001 - its like
            if found is not None:
                return found
        return None

    def _copy(self) -> Fit:
        return Fit(dict(self.names), list(self.wording))

    def _list(self, recorded: list[Any], seen: list[Any], path: str) -> Mismatch | None:
        if len(recorded) != len(seen):
            return differs(recorded, seen, path)
        for index, (one, other) in enumerate(zip(recorded, seen, strict=True)):
            mismatch = self.compare(one, other, f"{path}[{index}]")
            if mismatch is not None:
                return mismatch
        return None

    def _object(
        self, recorded: Mapping[str, Any], seen: Mapping[str, Any], path: str
    ) -> Mismatch | None:
        if len(recorded) != len(seen):
            return differs(recorded, seen, path)
        for key, value in sorted(recorded.items()):
            found = [own for own in seen if self._copy().compare(key, own) is None]
            if not found:
                return differs(recorded, seen, path)
            other = seen[found[0]]
            mismatch = self.compare(value, other, f"{path}.{key}")
            if mismatch is None:
                continue
            if not (is_wording(recorded, key) and isinstance(other, str)):
                return mismatch
            self.wording.append(mismatch)
        return None

    def _text(self, recorded: str, seen: Any, path: str) -> Mismatch | None:
        if recorded in ANYTHING:
            return None
        if recorded in TIMES:
            return None if isinstance(seen, int) else differs(recorded, seen, path)
        if not isinstance(seen, str):
            return differs(recorded, seen, path)
        seen = sorted_parts(seen, path.rpartition(".")[2])
        if recorded == seen:
            return None
        pattern, groups = self._pattern(recorded)
        match = re.fullmatch(pattern, seen, re.DOTALL)
        if match is None:
            return differs(recorded, seen, path)
        for group, token in groups.items():
            text = match[group]
            if token.startswith("$long"):
                if token != long_text(text):
                    return differs(recorded, seen, path)
            else:
                self.names[token] = text
        return None

    def _pattern(self, recorded: str) -> tuple[str, dict[str, str]]:
        """A regular expression for a recorded text, and the token for each of its groups."""
        parts: list[str] = []
        groups: dict[str, str] = {}
        position = 0
        for token in TOKEN.finditer(recorded):
            parts.append(re.escape(recorded[position : token.start()]))
            position, text = token.end(), token[0]
            if text in self.names:
                parts.append(re.escape(self.names[text]))
            elif text == "$iso":
                parts.append(ISO)
            else:
                group = f"g{len(groups)}"
                groups[group] = text
                parts.append(f"(?P<{group}>{DRAWN.get(text.rstrip('0123456789'), '.*')})")
        parts.append(re.escape(recorded[position:]))
        return "".join(parts), groups


def is_wording(holder: Mapping[str, Any], key: str) -> bool:
    """Whether the value at ``key`` is wording for people, judged by its siblings."""
    if not isinstance(holder.get(key), str):
        return False
    return key == "description" or (key == "message" and isinstance(holder.get("code"), str))


def sorted_parts(text: str, key: str) -> str:
    """A text that lists things without order, in the order of a recording: baggage, namespaces."""
    if key == "baggage":
        return ",".join(sorted(text.split(",")))
    return NAMESPACES.sub(lambda match: ", ".join(sorted(match[0].split(", "))), text)


def long_text(text: str) -> str:
    """The form of a long text in a recording."""
    return f"$long(len={len(text)},sha256={hashlib.sha256(text.encode()).hexdigest()[:16]})"


def differs(recorded: Any, seen: Any, path: str) -> Mismatch:
    """A difference, with both values as text."""
    return Mismatch(path.removeprefix(".") or "the whole", _short(recorded), _short(seen))


def _short(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False, sort_keys=True)
    return text if len(text) <= WIDTH else text[:WIDTH] + "…"
