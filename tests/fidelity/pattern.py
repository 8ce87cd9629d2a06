"""A recording as a pattern: what an engine said either fits it or not.

In a recording, ``<name>`` stands for a value of the script, perhaps one that it takes out of a
later frame, and ``$id1``, ``$trace1``, ``$span1``
for values that the engine drew: the same each time they occur, whatever they are. ``$ts_ms`` and
the like are times, ``$masked`` is anything, ``$long(len=…,sha256=…)`` a long text.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

from mock_engine.ids import UUID_PATTERN

Names = dict[str, str]
"""What the names of a recording stand for, as far as known."""

TOKEN = re.compile(r"<[a-z][A-Za-z0-9_.]*>|\$(?:id|trace|span)\d+|\$iso|\$long\([^)]*\)")
ANYTHING = ("$masked", "$error_id", "$x-iii-timestamp")
TIMES = ("$ts_s", "$ts_ms", "$ts_ns")
DRAWN = {
    "$id": UUID_PATTERN,
    "$trace": r"[0-9a-f]{32}",
    "$span": r"[0-9a-f]{16}",
}
ISO = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)"


def fit(recorded: Any, seen: Any, names: Names, at: str = "") -> str | None:
    """Compare what was ``seen`` with what was ``recorded``, and learn the names in it.

    Returns what differs and where, or ``None``.
    """
    if isinstance(recorded, str):
        return _fit_text(recorded, seen, names, at)
    if isinstance(recorded, Mapping) and isinstance(seen, Mapping):
        return _fit_object(recorded, seen, names, at)
    if isinstance(recorded, list) and isinstance(seen, list):
        if len(recorded) != len(seen):
            return _differs(recorded, seen, at)
        for index, (one, other) in enumerate(zip(recorded, seen, strict=True)):
            complaint = fit(one, other, names, f"{at}[{index}]")
            if complaint:
                return complaint
        return None
    same = type(recorded) is type(seen) and recorded == seen
    return None if same else _differs(recorded, seen, at)


def fit_in_any_order(
    recorded: Sequence[Any], seen: Sequence[Any], names: Names, at: str = ""
) -> str | None:
    """The same for lists whose order means nothing."""
    if len(recorded) != len(seen):
        return _differs(list(recorded), list(seen), at)
    learned = _assign(list(recorded), list(seen), names)
    if learned is None:
        return _differs(list(recorded), list(seen), at)
    names.update(learned)
    return None


def _assign(recorded: list[Any], seen: list[Any], names: Names) -> Names | None:
    """Find for each that was recorded one that was seen; the names that this teaches."""
    if not recorded:
        return names
    for index, candidate in enumerate(seen):
        attempt = dict(names)
        if fit(recorded[0], candidate, attempt) is None:
            learned = _assign(recorded[1:], seen[:index] + seen[index + 1 :], attempt)
            if learned is not None:
                return learned
    return None


def _fit_object(
    recorded: Mapping[str, Any], seen: Mapping[str, Any], names: Names, at: str
) -> str | None:
    if len(recorded) != len(seen):
        return _differs(recorded, seen, at)
    for key, value in sorted(recorded.items()):
        found = [own for own in seen if fit(key, own, dict(names)) is None]
        if not found:
            return _differs(recorded, seen, at)
        complaint = fit(value, seen[found[0]], names, f"{at}.{key}")
        if complaint:
            return complaint
    return None


def _fit_text(recorded: str, seen: Any, names: Names, at: str) -> str | None:
    if recorded in ANYTHING:
        return None
    if recorded in TIMES:
        return None if isinstance(seen, int) else _differs(recorded, seen, at)
    if not isinstance(seen, str):
        return _differs(recorded, seen, at)
    if at.endswith(".baggage"):
        seen = ",".join(sorted(seen.split(",")))
    if recorded == seen:
        return None
    pattern, groups = _pattern(recorded, names)
    match = re.fullmatch(pattern, seen, re.DOTALL)
    if match is None:
        return _differs(recorded, seen, at)
    for group, token in groups.items():
        text = match[group]
        if token.startswith("$long"):
            if token != _long(text):
                return _differs(recorded, seen, at)
        else:
            names[token] = text
    return None


def _pattern(recorded: str, names: Names) -> tuple[str, dict[str, str]]:
    """A regular expression for a recorded text, and the token behind each of its groups."""
    parts: list[str] = []
    groups: dict[str, str] = {}
    position = 0
    for token in TOKEN.finditer(recorded):
        parts.append(re.escape(recorded[position : token.start()]))
        position, text = token.end(), token[0]
        if text in names:
            parts.append(re.escape(names[text]))
        elif text == "$iso":
            parts.append(ISO)
        else:
            group = f"g{len(groups)}"
            groups[group] = text
            parts.append(f"(?P<{group}>{DRAWN.get(text.rstrip('0123456789'), '.*')})")
    parts.append(re.escape(recorded[position:]))
    return "".join(parts), groups


def _long(text: str) -> str:
    return f"$long(len={len(text)},sha256={hashlib.sha256(text.encode()).hexdigest()[:16]})"


def _differs(recorded: Any, seen: Any, at: str) -> str:
    return f"{at or 'it'}:\n  recorded {_short(recorded)}\n  seen     {_short(seen)}"


def _short(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False, sort_keys=True)
    return text if len(text) <= 1500 else text[:1500] + "…"
