"""Judging an engine without pytest, for tests."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager

from conformance.engines.command import EngineCommand
from conformance.engines.judgement import EngineJudgement
from conformance.engines.settings import EngineSettings
from conformance.engines.source import Source
from conformance.judging.judge import Verdict
from conformance.requirements.known import KnownFailure

MOCK = f"{sys.executable} -m mock_engine --config {{config}} --quiet"


def mutant(name: str) -> str:
    """The command of an engine mutant."""
    return f"{sys.executable} -m tests.engines.mutant {name} --config {{config}}"


@contextmanager
def judging(
    command: str,
    requirement_ids: Iterable[str] = (),
    *,
    known: Mapping[str, KnownFailure] | None = None,
    source: Source | None = None,
) -> Iterator[EngineJudgement]:
    """A judgement of the engine that a command starts, with these requirements under way."""
    subject = EngineCommand.parse(command)
    settings = EngineSettings(subject, source=source or Source(), known=known or {})
    judgement = EngineJudgement(settings)
    try:
        judgement.start()
        judgement.begin((), requirement_ids)
        yield judgement
    finally:
        judgement.stop()


def verdicts(command: str, requirement_ids: Iterable[str]) -> list[Verdict]:
    """The verdicts on some requirements."""
    chosen = list(requirement_ids)
    with judging(command, chosen) as judgement:
        return [judgement.verdict(identity) for identity in chosen]
