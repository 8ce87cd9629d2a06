"""Replays stored wire transcripts against a worker on the SDK that they were recorded with.

``python -m tests.sdks.wire.replaying [SDK or TRANSCRIPT…]`` reports the result of each.
"""

from __future__ import annotations

import gzip
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from conformance.judging.entry import Entry
from conformance.requirements.verdict import Outcome
from conformance.scenarios.reading import parse
from conformance.scenarios.recording.compose import compose
from conformance.scenarios.recording.transcripts import read
from conformance.scenarios.recording.writing import write
from conformance.scenarios.steps import Scenario
from mock_engine.transcript import Event
from tests.conformance.scenarios.playing import play_at
from tests.sdks.build import BUILDS, WIRE, Build

HERE = Path(__file__).parent
FOLDER = HERE.parents[1] / "data" / "transcripts"
SUFFIX = ".jsonl.gz"

SILENT = "python-0.11.6-namespace"
"""The transcript without messages of a worker: this SDK has no namespaces, and ended at once."""

ENVIRONMENT: Mapping[str, Mapping[str, str]] = {
    "main": {"WIRE_UNHANDLED": "1"},
    "features": {"WIRE_UNHANDLED": "1"},
    "startup": {"WIRE_LATE": "1"},
    "namespace": {"III_NAMESPACE": "orders", "III_ISOLATION": "docker"},
}
"""The environment of recorded workers, by the last word of a transcript's name."""


@dataclass(frozen=True, slots=True)
class Program:
    """A worker on an SDK; ``needed`` exists after ``build`` is done."""

    command: str
    build: Build
    needed: Path


def _python(version: str) -> Program:
    build = BUILDS[f"python-{version}"]
    interpreter = build.folder / "env" / "bin" / "python"
    return Program(f"{interpreter} -m tests.sdks.wire.python_worker", build, interpreter)


def _node(version: str) -> Program:
    build = BUILDS[f"node-{version}"]
    packages = build.folder / "node_modules"
    return Program(f"env NODE_PATH={packages} node {HERE / 'worker.cjs'}", build, packages)


def _rust() -> Program:
    binary = WIRE.folder / "wire-worker"
    return Program(str(binary), WIRE, binary)


PROGRAMS: Mapping[str, Program] = {
    "python-0.25.0": _python("0.25.0"),
    "python-0.11.6": _python("0.11.6"),
    "node-0.22.1": _node("0.22.1"),
    "rust-0.25.0": _rust(),
}
"""The worker on each SDK that was recorded."""


def names() -> list[str]:
    """Every stored transcript with messages of a worker."""
    found = sorted(path.name.removesuffix(SUFFIX) for path in FOLDER.glob(f"*{SUFFIX}"))
    return [name for name in found if name != SILENT]


def of(sdk: str) -> list[str]:
    """The transcripts of one SDK."""
    return [name for name in names() if name.startswith(sdk)]


def events(name: str) -> list[Event]:
    """The events of a stored transcript."""
    with gzip.open(FOLDER / f"{name}{SUFFIX}", "rt", encoding="utf-8") as file:
        return read(file.read(), name)


def scenario(name: str, environment: Mapping[str, str] | None = None) -> Scenario:
    """The scenario of a stored transcript, in which the worker starts as the recorded one did.

    ``environment`` replaces that of the recorded worker.
    """
    slug = name.replace(".", "-").replace("_", "-")
    made = compose(events(name), name=slug, title="t", source=name)
    if environment is None:
        environment = ENVIRONMENT.get(name.rpartition("-")[2], {})
    steps = [_with(environment, step) for step in made["steps"]]
    return parse(write({**made, "steps": steps}), f"{name}.yaml")


def _with(environment: Mapping[str, str], step: Mapping[str, Any]) -> Mapping[str, Any]:
    if not environment or "start" not in step:
        return step
    return {"start": {**step["start"], "env": dict(environment)}}


def replay(sdk: str, chosen: Sequence[str]) -> dict[str, Entry]:
    """The verdicts on these transcripts of an SDK, by name; they are replayed concurrently."""
    made = {name: scenario(name) for name in chosen}
    told = play_at(PROGRAMS[sdk].command, made.values())
    return {name: told[each.name] for name, each in made.items()}


def main(wanted: Sequence[str]) -> int:
    """Replay what is named, or all that there is a worker for, and report the results."""
    failed = False
    for sdk, program in PROGRAMS.items():
        chosen = [name for name in of(sdk) if not wanted or {sdk, name} & {*wanted}]
        if not chosen:
            continue
        if not program.needed.exists():
            print(f"{sdk}: left out, {program.needed} is not built")
            continue
        for name, entry in replay(sdk, chosen).items():
            print(f"{name}: {entry.outcome.value}; {entry.reason}", flush=True)
            failed |= entry.outcome is not Outcome.PASSED
            for line in entry.evidence.differences or ():
                print(f"    {line}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
