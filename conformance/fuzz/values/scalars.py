"""Texts and numbers within the bounds that a schema sets."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from conformance.fuzz.values.entropy import Entropy
from conformance.fuzz.values.strings import PLAIN, TAG, of_format, of_pattern, plain

LONG = 8
"""Characters beyond the least number, at most."""

SPAN = 100
"""The span of a number's bounds if one of them is open."""


class Impossible(Exception):  # noqa: N818 - a dead end of the building; another way may lead on
    """No value was found by the choices made."""


def string(entropy: Entropy, schema: Mapping[str, Any]) -> str:
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
        return _text(entropy, least, most, bounded="maxLength" in schema)
    longest = schema.get("maxLength", math.inf)
    fitting = [text for pool in pools for text in pool if least <= len(text) <= longest]
    if not fitting:
        raise Impossible
    return entropy.pick(fitting)


def _text(entropy: Entropy, least: int, most: int, *, bounded: bool) -> str:
    if entropy.chance(15):
        return plain(entropy.whole, least, least if entropy.chance(50) else most)
    fitting = [t for t in PLAIN if least <= len(t) and (len(t) <= most or not bounded)]
    if fitting and entropy.chance(80):
        return TAG if TAG in fitting and entropy.chance(40) else entropy.pick(fitting)
    return plain(entropy.whole, least, min(most, least + LONG))


def number(entropy: Entropy, schema: Mapping[str, Any], kind: str) -> int | float:
    """A number of a kind, ``integer`` or ``number``.

    Raises:
        Impossible: none was found.
    """
    low, high = _bounds(schema, kind)
    step = schema.get("multipleOf")
    if step or kind == "integer":
        return _multiple(entropy, low, high, step or 1, kind)
    if low > high:
        raise Impossible
    wanted = entropy.whole(0, 5)
    if wanted == 0:
        return int(low) if float(low).is_integer() else low
    if wanted == 1:
        return int(high) if float(high).is_integer() else high
    if wanted == 2 and math.ceil(low) <= math.floor(high):
        return entropy.whole(math.ceil(low), math.floor(high))
    return low + (high - low) * entropy.whole(0, 1000) / 1000


def _multiple(entropy: Entropy, low: float, high: float, step: float, kind: str) -> int | float:
    if kind == "integer" and not float(step).is_integer():
        step = next((step * n for n in range(1, 1001) if float(step * n).is_integer()), 1)
    least, most = math.ceil(low / step), math.floor(high / step)
    if least > most:
        raise Impossible
    for _ in range(20):
        edge = entropy.whole(0, 9)
        times = least if edge == 1 else most if edge == 2 else entropy.whole(least, most)
        value = times * step
        if float(value).is_integer():
            return int(value)
        if (value / step).is_integer():  # otherwise it is a multiple in theory, but not as a double
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
