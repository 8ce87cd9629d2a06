"""Steps whose data contains what an earlier step returned: ids that differ between processes.

Rules of this file:

* Pure. ``${2.order.id}`` as a text stands for what is at ``order.id`` in the result of the second
  step; it is how reports and files write it, and it is filled in when the steps are played.
* Only texts are linked: numbers and short words may be equal by chance.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from conformance.documents.trees import Path, at, places, put

LEAST = 6
"""The least length of a text that is linked; shorter ones may be equal by chance."""

_REFERENCE = re.compile(r"\$\{(\d{1,4})((?:\.[^.{}]{1,80})*)\}")
_WRITABLE = re.compile(r"[^.{}]{1,80}")


def texts(result: Any) -> dict[str, Path]:
    """The texts in a result that may be ids, with their places."""
    found: dict[str, Path] = {}
    for path in places(result):
        text = at(result, path)
        writable = all(_WRITABLE.fullmatch(str(key)) for key in path)
        if isinstance(text, str) and len(text) >= LEAST and writable:
            found.setdefault(text, path)
    return found


def linked(steps: Sequence[tuple[Any, Iterable[Any]]]) -> list[Any]:
    """The data of steps with references in place of what earlier steps returned.

    A step is its data and the results that it had.
    """
    known: dict[str, str] = {}
    out: list[Any] = []
    for number, (value, results) in enumerate(steps, 1):
        own = {text for path in places(value) if isinstance(text := at(value, path), str)}
        out.append(_replaced(value, known.get))
        for result in results:
            for text, path in texts(result).items():
                if text not in own:  # what it gave back is not an id that it made
                    known[text] = "".join((f"${{{number}", *(f".{key}" for key in path), "}"))
    return out


def needed(values: Sequence[Any]) -> list[int]:
    """The positions of the last step and of those whose results it takes, directly or not."""
    found = {len(values) - 1}
    for position in range(len(values) - 1, -1, -1):
        if position in found:
            value = values[position]
            whole = (at(value, path) for path in places(value))
            matches = (_REFERENCE.fullmatch(text) for text in whole if isinstance(text, str))
            found |= {int(match[1]) - 1 for match in matches if match is not None}
    return sorted(number for number in found if 0 <= number < len(values))


def filled_in(value: Any, results: Sequence[Any]) -> Any:
    """Data with what references in it stand for; ``results`` are those of the steps so far."""

    def meant(text: str) -> Any:
        match = _REFERENCE.fullmatch(text)
        if match is None or not 0 < int(match[1]) <= len(results):
            return None
        result = results[int(match[1]) - 1]
        for key in match[2].split(".")[1:]:
            try:
                result = result[int(key)] if isinstance(result, list) else result[key]
            except (LookupError, TypeError, ValueError):
                return None
        return result

    return _replaced(value, meant)


def _replaced(value: Any, new: Callable[[str], Any]) -> Any:
    for path in places(value):
        text = at(value, path)
        replacement = new(text) if isinstance(text, str) else None
        if replacement is not None:
            value = put(value, path, replacement)
    return value
