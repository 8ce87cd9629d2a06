"""Texts and numbers within the bounds that a schema sets."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from conformance.fuzz.values.entropy import Choices
from conformance.fuzz.values.strings import PLAIN, TAG, of_format, of_pattern, plain

LONG = 8
"""Letters beyond the least number, at most."""

SPAN = 100
"""Between the bounds of a number where one of them is open."""


class Impossible(Exception):  # noqa: N818 - a dead end of the building; another way may lead on
    """No value was found on this way."""


def string(choices: Choices, schema: Mapping[str, Any]) -> str:
    """A text.

    Raises:
        Impossible: none was found.
    """
    least = math.ceil(schema.get("minLength", 0))
    most = math.floor(schema.get("maxLength", least + LONG))
    if least > most:
        raise Impossible
    patterns: list[str] = schema.get("pattern", [])
    pools = [of_pattern(pattern) for pattern in patterns]
    pools += [pool] if (pool := of_format(str(schema.get("format")))) else []
    if not pools:
        return _text(choices, least, most, bounded="maxLength" in schema)
    longest = schema.get("maxLength", math.inf)
    fitting = [text for pool in pools for text in pool if least <= len(text) <= longest]
    if not fitting:
        raise Impossible
    return choices.pick(fitting)


def _text(choices: Choices, least: int, most: int, *, bounded: bool) -> str:
    if choices.chance(15):
        return plain(choices.whole, least, least if choices.chance(50) else most)
    fitting = [t for t in PLAIN if least <= len(t) and (len(t) <= most or not bounded)]
    if fitting and choices.chance(80):
        return TAG if TAG in fitting and choices.chance(40) else choices.pick(fitting)
    return plain(choices.whole, least, min(most, least + LONG))


def number(choices: Choices, schema: Mapping[str, Any], kind: str) -> int | float:
    """A number of a kind, ``integer`` or ``number``.

    Raises:
        Impossible: none was found.
    """
    low, high = _bounds(schema, kind)
    step = schema.get("multipleOf")
    if step or kind == "integer":
        return _multiple(choices, low, high, step or 1, kind)
    if low > high:
        raise Impossible
    wanted = choices.whole(0, 5)
    if wanted == 0:
        return int(low) if float(low).is_integer() else low
    if wanted == 1:
        return int(high) if float(high).is_integer() else high
    if wanted == 2 and math.ceil(low) <= math.floor(high):
        return choices.whole(math.ceil(low), math.floor(high))
    return low + (high - low) * choices.whole(0, 1000) / 1000


def _multiple(choices: Choices, low: float, high: float, step: float, kind: str) -> int | float:
    if kind == "integer" and not float(step).is_integer():
        step = next((step * n for n in range(1, 1001) if float(step * n).is_integer()), 1)
    least, most = math.ceil(low / step), math.floor(high / step)
    if least > most:
        raise Impossible
    for _ in range(20):
        edge = choices.whole(0, 9)
        times = least if edge == 1 else most if edge == 2 else choices.whole(least, most)
        value = times * step
        if float(value).is_integer():
            return int(value)
        if (value / step).is_integer():  # else it is a multiple in theory, and not as a double
            return value
    raise Impossible


def _bounds(schema: Mapping[str, Any], kind: str) -> tuple[float, float]:
    """The least and the greatest number."""
    step: float = 1 if kind == "integer" else 1e-6
    low = schema.get("minimum", -math.inf)
    high = schema.get("maximum", math.inf)
    if "exclusiveMinimum" in schema:
        bound = schema["exclusiveMinimum"]
        low = max(low, math.floor(bound) + 1 if kind == "integer" else bound + step)
    if "exclusiveMaximum" in schema:
        bound = schema["exclusiveMaximum"]
        high = min(high, math.ceil(bound) - 1 if kind == "integer" else bound - step)
    if low == -math.inf:
        low = 0 if high >= 0 else high - SPAN
    if high == math.inf:
        high = max(low, 0) + SPAN
    return low, high
