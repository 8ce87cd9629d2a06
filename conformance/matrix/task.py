"""Judging one worker of a matrix, in a process of its own that writes the report.

A task is plain data, so that another machine can carry it out. Its results are in its folder: the
report with everything that belongs to it, ``judge.log`` with what was printed, and ``task.json``
with the task itself, so that a later run can tell whether the result is that of the same task.
"""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec
import yaml

from conformance.matrix.plan import Candidate
from conformance.report.document import Report

REPORT = "report.json"
OUTPUT = "judge.log"
KEPT = "task.json"
CONFIGURATION = "conformance.yaml"
FILE_ONLY = ("functions", "roles")
"""Keys of ``conformance.yaml`` that are not options."""

WHOLE = (0, 1)
"""pytest's exit codes for a run that was completed: without failures, or with some."""

SHOWN_LINES = 15
"""How many lines of the output are shown if they say why there is no report."""

ENDING = 15.0
"""How long a run that is told to end may take to stop its worker and write its report, in
seconds."""


@dataclass(frozen=True, slots=True)
class Task:
    """What is needed to judge a worker: the words after ``judge``, and the folder to type them in.

    ``configuration`` is the content of a file ``conformance.yaml``, if one is needed. ``rules`` is
    the digest of the requirements that the worker is judged by.
    """

    name: str
    words: tuple[str, ...]
    command: tuple[str, ...]
    folder: str
    limit: float
    configuration: Mapping[str, Any] = field(default_factory=dict)
    rules: str = ""

    @property
    def digest(self) -> str:
        """A digest that is equal for equal tasks."""
        return hashlib.sha256(msgspec.json.encode(self)).hexdigest()[:16]


@dataclass(frozen=True, slots=True)
class Ending:
    """How a task ended: after how many seconds, and what went wrong with it, if anything did."""

    seconds: float
    fault: str = ""


def task(
    candidate: Candidate, words: Iterable[str], *, full: bool, factor: float, rules: str = ""
) -> Task:
    """The task of judging a candidate; ``words`` are options that hold for all.

    ``full`` plays long trials, too, whatever the candidate says, and ``factor`` multiplies the
    deadlines in addition to the candidate's own factor.
    """
    options = dict(candidate.options)
    factor *= options.pop("timeout-factor", 1.0)
    if factor != 1:
        options["timeout-factor"] = factor
    if full:
        options["level"] = "full"
    if candidate.image:
        options["worker-image"] = candidate.image
    if candidate.network:
        options["worker-network"] = candidate.network
    options["worker-env"] = [f"{name}={value}" for name, value in candidate.environment.items()]
    return Task(
        name=candidate.name,
        words=(*_options(options), *words),
        command=candidate.command,
        folder=str(candidate.folder),
        limit=candidate.limit,
        configuration={name: options[name] for name in FILE_ONLY if name in options},
        rules=rules,
    )


def _options(options: Mapping[str, Any]) -> Iterable[str]:
    """Keys of ``conformance.yaml`` as options."""
    for name, value in options.items():
        if name in FILE_ONLY or value is False:
            continue
        if value is True:
            yield f"--{name}"
        else:
            yield from (f"--{name}={v}" for v in (value if isinstance(value, list) else [value]))


class Runs:
    """The processes that are judging at the moment, so that all of them can be ended."""

    def __init__(self) -> None:
        self._running: set[subprocess.Popen[bytes]] = set()
        self._ended = False

    def run(self, task: Task, folder: Path) -> Ending:
        """Judge, and leave the report in ``folder``."""
        folder.mkdir(parents=True, exist_ok=True)
        for name in (REPORT, KEPT):
            (folder / name).unlink(missing_ok=True)
        began = time.monotonic()
        with (folder / OUTPUT).open("wb") as output:
            process = subprocess.Popen(  # noqa: S603 - the suite itself
                [sys.executable, "-P", "-m", "conformance", "judge", *_words(task, folder)],
                cwd=task.folder,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
            )
            self._running.add(process)
            late = not self._waited(process, task.limit)
        ending = Ending(time.monotonic() - began, _fault(folder, task.limit if late else None))
        kept = {"digest": task.digest, "seconds": ending.seconds, "fault": ending.fault}
        (folder / KEPT).write_text(json.dumps(kept), "utf-8")
        return ending

    def stop(self) -> None:
        """End everything that is running, and begin nothing more."""
        self._ended = True
        for process in tuple(self._running):
            process.terminate()

    def _waited(self, process: subprocess.Popen[bytes], limit: float) -> bool:
        """Wait for the end of a process; return whether it came within the limit."""
        try:
            if self._ended:
                process.terminate()
            process.wait(limit)
        except subprocess.TimeoutExpired:
            process.terminate()
            try:
                process.wait(ENDING)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
            return False
        finally:
            self._running.discard(process)
        return True


def kept(task: Task, folder: Path) -> Ending | None:
    """How the task ended in an earlier run, if that was the same task and left a whole report."""
    try:
        found = json.loads((folder / KEPT).read_text("utf-8"))
    except (OSError, ValueError):
        return None
    report = read(folder)
    whole = report is not None and report.exit_code in WHOLE and not found["fault"]
    return Ending(found["seconds"]) if whole and found["digest"] == task.digest else None


def read(folder: Path) -> Report | None:
    """The report in a folder, if there is one."""
    try:
        return Report.read(json.loads((folder / REPORT).read_text("utf-8")))
    except FileNotFoundError:
        return None


def _words(task: Task, folder: Path) -> list[str]:
    words = ["-q", *task.words, f"--conformance-report={folder.absolute()}"]
    if task.configuration:
        file = folder / CONFIGURATION
        file.write_text(yaml.safe_dump(dict(task.configuration), allow_unicode=True), "utf-8")
        words.append(f"--conformance-config={file.absolute()}")
    return [*words, "--", *task.command] if task.command else words


def _fault(folder: Path, limit: float | None) -> str:
    """Why the worker was not judged, or not completely; empty if it was."""
    if limit is not None:
        return f"judging it took more than {limit:g} s and was ended; `limit` gives it more"
    report = read(folder)
    if report is not None and report.verdicts:
        return "\n".join(f"{error.id}: {error.text}" for error in report.errors)
    if report is not None and report.errors:
        return report.errors[0].text
    lines = (folder / OUTPUT).read_text("utf-8", "replace").strip().splitlines()
    errors = [line.removeprefix("ERROR: ") for line in lines if line.startswith("ERROR: ")]
    return "\n".join(errors or lines[-SHOWN_LINES:]) or "it was not judged, and nothing says why"
