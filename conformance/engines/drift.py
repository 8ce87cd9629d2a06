"""What changed between two engines, according to recordings of the same probes."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from conformance.engines import probe as probes
from conformance.engines.pattern import is_wording
from conformance.engines.probe import Recording
from conformance.engines.source import Folder

ABSENT = "nothing"
"""How a value is shown that one of the two does not have."""


@dataclass(frozen=True, slots=True)
class Change:
    """A place where the recordings of a probe differ; both values as JSON text.

    ``wording`` is whether only the wording of a message or description changed.
    """

    probe: str
    step: int
    path: str
    old: str
    new: str
    wording: bool = False


@dataclass(frozen=True, slots=True)
class Drift:
    """What changed from one engine to another.

    ``compared`` counts the probes with a stable recording of both; ``unstable`` names those with an
    unstable one, ``gone`` and ``fresh`` those that only the old or the new one has.
    """

    old: str
    new: str
    changes: tuple[Change, ...]
    compared: int
    unstable: tuple[str, ...]
    gone: tuple[str, ...]
    fresh: tuple[str, ...]


def drift(old: Folder, new: Folder) -> Drift:
    """Compare the recordings in two folders.

    Raises:
        UsageError: a folder has none, or one cannot be used.
    """
    before, after = probes.recorded(old), probes.recorded(new)
    both = sorted({*before} & {*after})
    pairs = {name: (probes.recording(old, name), probes.recording(new, name)) for name in both}
    stable = {name: pair for name, pair in pairs.items() if all(r.stable for r in pair)}
    found = [change for name, pair in stable.items() for change in changes(name, *pair)]
    return Drift(
        probes.recording(old, before[0]).recorded_from,
        probes.recording(new, after[0]).recorded_from,
        tuple(found),
        len(stable),
        tuple(sorted({*both} - {*stable})),
        tuple(sorted({*before} - {*after})),
        tuple(sorted({*after} - {*before})),
    )


def changes(name: str, old: Recording, new: Recording) -> Iterator[Change]:
    """Every place in which two recordings of a probe differ, in order."""
    for step in sorted({*old.steps, *new.steps}):
        for path, one, other, wording in _differences(old.step(step), new.step(step), "", False):
            yield Change(name, step, path, one, other, wording)


Found = tuple[str, str, str, bool]


def _differences(old: Any, new: Any, path: str, wording: bool) -> Iterator[Found]:
    if isinstance(old, Mapping) and isinstance(new, Mapping):
        yield from _of_objects(old, new, path)
    elif _are_lists(old, new):
        for index, (one, other) in enumerate(zip(old, new, strict=True)):
            yield from _differences(one, other, f"{path}[{index}]", False)
    elif _text(old) != _text(new):
        yield path, _text(old), _text(new), wording


def _of_objects(old: Mapping[str, Any], new: Mapping[str, Any], path: str) -> Iterator[Found]:
    for key in sorted({*old, *new}):
        place = f"{path}.{key}" if path else key
        if key not in old:
            yield place, ABSENT, _text(new[key]), False
        elif key not in new:
            yield place, _text(old[key]), ABSENT, False
        else:
            wording = is_wording(old, key) and is_wording(new, key)
            yield from _differences(old[key], new[key], place, wording)


def _are_lists(old: Any, new: Any) -> bool:
    """Whether both are lists that can be compared item by item."""
    return isinstance(old, list) and isinstance(new, list) and len(old) == len(new)


def _text(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, sort_keys=True)
