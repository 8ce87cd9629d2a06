"""What becomes of values that a function hands on: its data, or the answer to its call.

One function that changes some values does as its author wants. Where several change the same in the
same way, and none hands them on as they are, the worker does it beneath them.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from typing import Any

from conformance.documents.trees import at, equal, where
from mock_engine.rendering import as_json

SEVERAL = 2
"""Functions that must do the same for it to be the worker's doing."""

TAG = "tag"
"""The member by which the object is found again."""

Changes = tuple[str, ...]
"""What was changed, in words; empty where nothing was."""


def tagged(tag: str) -> dict[str, Any]:
    """An object with what programs often replace, leave out or rename, and a text to find it by.

    Among it are texts that some take for something else: a day, a moment, a number.

    Fractions are not among it: whether a worker keeps them is judged.
    """
    nothing: dict[str, Any] = {
        "none": None,
        "no": False,
        "zero": 0,
        "empty": "",
        "list": [],
        "map": {},
        "day": "2024-02-29",
        "moment": "2024-02-29T06:07:08+02:00",
        "digits": "0042",
        "letters": "naïve 漢字 🜚",
    }
    return {TAG: tag, **nothing, "camelCase": 1, "__under": [1]}


def changes(sent: Mapping[str, Any], result: Any) -> Changes | None:
    """How the object in a result differs from the tagged one; ``None`` where it is not found."""
    for path in where(result, sent[TAG]):
        if path and path[-1] == TAG:
            return tuple(_differences(sent, at(result, path[:-1])))
    return None


def _differences(sent: Mapping[str, Any], got: Mapping[str, Any]) -> Iterator[str]:
    for name, value in sent.items():
        if name not in got:
            yield f"{name} ({as_json(value)}) is left out"
        elif not equal(value, got[name]):
            yield f"{name} is {as_json(got[name])} in place of {as_json(value)}"


def same_for_all(seen: Mapping[str, Changes]) -> tuple[Changes, list[str]] | None:
    """What several functions change alike, and these; ``None`` if one changes nothing."""
    groups: dict[Changes, list[str]] = defaultdict(list)
    for function_id, made in seen.items():
        groups[made].append(function_id)
    if () in groups:
        return None
    return next(((made, names) for made, names in groups.items() if len(names) >= SEVERAL), None)
