"""Probes and recordings: their files and contents."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any

from conformance import documents
from conformance.documents import Document
from conformance.errors import UsageError

SCHEMA = "engines/probe.schema.json"
SCRIPT, RECORDING = ".yaml", ".golden.json"
"""The suffixes of the files, after the name of the probe."""

OPTIONS = ("quiet", "unordered")
"""The options that a step may have besides its action."""

Step = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Probe:
    """A script.

    ``profile`` is the configuration that its engine needs. Frames of the connections in
    ``unordered`` have no order within a step; those in ``gathered`` are compared after the last
    step, and those in ``deduped`` without repetitions. ``reply_delay`` is in seconds.
    """

    name: str
    title: str
    area: str
    profile: str
    steps: tuple[Step, ...]
    unordered: frozenset[str]
    gathered: frozenset[str]
    deduped: frozenset[str]
    normalise: Mapping[str, Any]
    reply_delay: float
    destructive: bool
    defect: str | None

    @property
    def signals(self) -> bool:
        """Whether it sends a signal to the engine's process."""
        return any("signal" in step for step in self.steps)

    @property
    def bases(self) -> frozenset[str]:
        """The ports of the engine that it connects to: ``ws``, ``rbac``, ``http``, ``stream``."""
        found = set()
        for step in self.steps:
            kind, options = action(step)
            if kind in ("open", "http"):
                base = "http" if kind == "http" else "ws"
                found.add(options.get("base", base) if isinstance(options, Mapping) else base)
        return frozenset(found)


@dataclass(frozen=True, slots=True)
class Recording:
    """What an engine sent, by the number of the step; unstable if two plays differed."""

    recorded_from: str
    steps: Mapping[int, Step]
    stable: bool = True

    def step(self, number: int) -> Step:
        """What came in a step; empty if nothing did."""
        return self.steps.get(number, {})

    def text(self) -> str:
        """The recording as a file has it: JSON, a line for each step in which something came."""
        head = {"recorded_from": self.recorded_from, "stable": self.stable}
        told = [_compact({**step, "step": number}) for number, step in sorted(self.steps.items())]
        lines = ",\n".join(told)
        return f'{_compact(head)[:-1]},"steps":[\n{lines}\n]}}\n'


def action(step: Step) -> tuple[str, Any]:
    """The action of a step, and its options."""
    kind = next(key for key in step if key not in OPTIONS)
    return kind, step[kind]


def shipped() -> Traversable:
    """The folder of the probes shipped with the suite."""
    return resources.files("conformance.engines") / "probes"


@cache
def shipped_probe(name: str) -> Probe:
    """Read one of the suite's probes, once.

    Raises:
        UsageError: there is none of this name.
    """
    return read(shipped(), name)


def read(folder: Traversable | Path, name: str) -> Probe:
    """Read a probe.

    Raises:
        UsageError: there is none of this name, or it cannot be used.
    """
    file = folder / f"{name}{SCRIPT}"
    try:
        document = documents.parse(file.read_text("utf-8"), str(file))
    except (OSError, UnicodeDecodeError) as fault:
        raise UsageError(f"{file}: cannot be read: {fault}") from None
    documents.check(document, documents.schema(SCHEMA))
    return _probe(document, name)


def _probe(document: Document, name: str) -> Probe:
    value = document.value
    if value["name"] != name:
        raise document.fault(("name",), f"the file is called {name}{SCRIPT}, not {value['name']!r}")
    for number, step in enumerate(value["steps"]):
        if len(set(step) - set(OPTIONS)) != 1:
            raise document.fault(("steps", number), "a step has one action")
    deduped = frozenset(value.get("dedupe", ()))
    return Probe(
        name=name,
        title=value.get("title", name),
        area=value.get("area", "probes"),
        profile=value.get("profile", "main"),
        steps=tuple(value["steps"]),
        unordered=frozenset(value.get("unordered", ())),
        gathered=frozenset(value.get("gather", ())) | deduped,
        deduped=deduped,
        normalise=value.get("normalise") or {},
        reply_delay=value.get("reply_delay_ms", 5) / 1000,
        destructive=value.get("destructive", False),
        defect=value.get("defect"),
    )


def recording(folder: Traversable | Path, name: str) -> Recording:
    """Read what was recorded of a probe.

    Raises:
        UsageError: there is no recording, or it cannot be used.
    """
    file = folder / f"{name}{RECORDING}"
    try:
        value = json.loads(file.read_text("utf-8"))
        steps = {step["step"]: _came(step) for step in value["steps"]}
        return Recording(
            value["recorded_from"],
            {number: step for number, step in steps.items() if step},
            value.get("stable", True),
        )
    except OSError as fault:
        raise UsageError(f"{file}: cannot be read: {fault.strerror}") from None
    except (ValueError, TypeError, KeyError) as fault:
        raise UsageError(f"{file}: no recording of a probe: {fault!r}") from None


def names(folder: Traversable | Path) -> Sequence[str]:
    """The names of the probes in a folder.

    Raises:
        UsageError: there is no such folder, or no probe in it.
    """
    return _stems(folder, SCRIPT)


def recorded(folder: Traversable | Path) -> Sequence[str]:
    """The names of the probes that a folder has recordings of.

    Raises:
        UsageError: there is no such folder, or no recording in it.
    """
    return _stems(folder, RECORDING)


def _stems(folder: Traversable | Path, suffix: str) -> Sequence[str]:
    if not folder.is_dir():
        raise UsageError(f"{folder}: there is no such folder")
    files = (entry.name for entry in folder.iterdir() if entry.name.endswith(suffix))
    found = sorted(name.removesuffix(suffix) for name in files)
    if not found:
        raise UsageError(f"{folder}: there is no file NAME{suffix} in it")
    return found


def _came(step: Mapping[str, Any]) -> Step:
    """What came in a step, without its number and notes, which are for readers of the file."""
    return {key: value for key, value in step.items() if key not in ("step", "do")}


def _compact(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
