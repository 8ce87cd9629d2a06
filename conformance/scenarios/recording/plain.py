"""Whether a frame can be written as YAML and sent from that, or must be kept verbatim.

Some JSON texts mean something else, or nothing, once they were read as values and written again: a
duplicate key, a number beyond doubles, ``-0``, ``NaN``, very deep nesting.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterable
from typing import Any

DEEPEST = 40
"""Levels of objects and arrays that are written as YAML; readers of YAML and JSON have limits."""


class _LossyError(ValueError):
    """Something in a text is not the same after it was read and written."""


def is_plain(data: bytes) -> bool:
    """Whether a text is JSON that means the same after it was read and written again."""
    try:
        found = json.loads(
            data.decode(),
            object_pairs_hook=_distinct,
            parse_constant=_refuse,
            parse_float=_finite,
            parse_int=_whole,
        )
    except (ValueError, RecursionError):
        return False
    return not is_deep(found)


def is_deep(value: Any) -> bool:
    """Whether a value has more levels than can be written."""
    level: list[Any] = [value]
    for _ in range(DEEPEST):
        level = [part for each in level for part in _parts(each)]
        if not level:
            return False
    return True


def _parts(value: Any) -> Iterable[Any]:
    if isinstance(value, dict):
        return value.values()
    return value if isinstance(value, list) else ()


def _distinct(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise _LossyError("a key stands twice")
    return found


def _refuse(constant: str) -> None:
    raise _LossyError(f"{constant} is no JSON")


def _finite(text: str) -> float:
    value = float(text)
    if math.isinf(value):
        raise _LossyError("a number is beyond doubles")
    return value


def _whole(text: str) -> int:
    if text == "-0":
        raise _LossyError("a whole number has no sign when it is 0")
    return int(text)
