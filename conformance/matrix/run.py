"""Builds and judges the workers of a matrix, some at a time."""

from __future__ import annotations

import os
import shlex
import subprocess
import time
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from conformance.errors import UsageError
from conformance.judging.entry import Entry, requirement_entry
from conformance.judging.judge import Verdict
from conformance.judging.session import Judgement
from conformance.matrix.plan import Candidate
from conformance.report.subject import about
from conformance.requirements.verdict import Level
from conformance.settings.settings import DEFAULT_PORT, Settings
from conformance.subject.command import Command
from conformance.trials.trial import CHECKS

SHOWN_LINES = 15
"""How much of the output of a build that fails is shown."""


@dataclass(frozen=True, slots=True)
class Column:
    """What came of one worker: its verdicts, or why there are none, in ``fault``.

    ``about`` says in a few lines who the worker is; ``seconds`` is how long judging it took.
    """

    candidate: Candidate
    entries: tuple[Entry, ...] = ()
    about: tuple[str, ...] = ()
    seconds: float = 0.0
    fault: str = ""


def build(candidate: Candidate) -> str:
    """Run the build commands of a worker; what went wrong, or an empty text."""
    for command in candidate.build:
        try:
            done = subprocess.run(  # noqa: S603 - the user's own commands
                command.words,
                cwd=candidate.folder,
                env={**os.environ, **candidate.environment},
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
                errors="replace",
                check=False,
            )
        except OSError as fault:
            return f"cannot be built: {fault.strerror}: {fault.filename!r} ({command.text})"
        if done.returncode:
            wrote = "\n".join(f"  {line}" for line in done.stdout.splitlines()[-SHOWN_LINES:])
            return f"cannot be built: exit code {done.returncode}: {command.text}\n{wrote}"
    return ""


def judge(
    candidate: Candidate,
    requirement_ids: Sequence[str],
    *,
    full: bool,
    factor: float,
    default_port: int | None,
) -> Column:
    """Judge one worker by these requirements, with long trials, too, if it is ``full``."""
    settings = Settings(
        subject=candidate.subject,
        timeout_factor=factor * candidate.timeout_factor,
        full=full,
        default_port=default_port,
        known=candidate.known,
        environment=candidate.environment,
    )
    began = time.monotonic()
    judgement = Judgement(settings)
    try:
        judgement.start(requirement_ids)
        verdicts = [judgement.verdict(requirement_id) for requirement_id in requirement_ids]
        protocol = judgement.protocol
        return Column(
            candidate,
            tuple(requirement_entry(v, protocol.version, _again(candidate, v)) for v in verdicts),
            tuple(about(judgement.subject)),
            time.monotonic() - began,
        )
    except UsageError as fault:
        return Column(candidate, fault=str(fault))
    finally:
        judgement.stop()


def _again(candidate: Candidate, verdict: Verdict) -> str:
    """What to type, in the folder of the worker, to judge it by this requirement alone."""
    option = "--worker-cmd" if isinstance(candidate.subject, Command) else "--worker-image"
    words = [f"{option}={candidate.subject.text}", "--requirement", verdict.requirement.id]
    strict = [] if verdict.requirement.level is Level.MUST else ["--strict"]
    check = CHECKS.get(verdict.requirement.id)
    long = check is not None and any(trial.long for trial in check.trials)
    return shlex.join(["pytest", *words, *(["--level", "full"] if long else []), *strict])


def judge_all(
    candidates: Iterable[Candidate],
    requirement_ids: Sequence[str],
    *,
    jobs: int,
    full: bool = False,
    factor: float = 1.0,
    building: bool = True,
    tell: Callable[[str], None] = lambda _: None,
) -> list[Column]:
    """Build the workers one after another, then judge ``jobs`` at a time, and keep their order.

    Only a worker that is judged alone is looked for on the default port: it is one for all.
    ``tell`` gets a line about each step as it is done.
    """

    def judged(candidate: Candidate) -> Column:
        port = DEFAULT_PORT if jobs == 1 else None
        column = judge(candidate, requirement_ids, full=full, factor=factor, default_port=port)
        fault = column.fault.partition("\n")[0]
        tell(f"{candidate.name}: {fault or f'judged in {column.seconds:.1f} s'}")
        return column

    unbuilt: dict[str, Column] = {}
    chosen = list(candidates)
    for candidate in chosen if building else ():
        if fault := build(candidate):
            tell(f"{candidate.name}: {fault.splitlines()[0]}")
            unbuilt[candidate.name] = Column(candidate, fault=fault)
        elif candidate.build:
            tell(f"{candidate.name}: built")
    with ThreadPoolExecutor(jobs) as pool:
        ready = [candidate for candidate in chosen if candidate.name not in unbuilt]
        columns = unbuilt | {c.candidate.name: c for c in pool.map(judged, ready)}
    return [columns[candidate.name] for candidate in chosen]
