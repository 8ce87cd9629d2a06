"""Judging a command without pytest, for tests."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from conformance.judging.judge import Verdict
from conformance.judging.session import Judgement
from conformance.requirements.known import KnownFailure
from conformance.settings.settings import Settings
from conformance.subject.command import Command
from conformance.trials.trial import Trial
from tests import warm

warm.start()


def judge(
    module: str,
    requirement_ids: Iterable[str],
    *,
    default_port: int | None = None,
    known: Mapping[str, KnownFailure] | None = None,
    full: bool = False,
    environment: Mapping[str, str] | None = None,
    witnesses: Sequence[Trial[Any]] | None = None,
) -> list[Verdict]:
    """The verdicts on ``python -m MODULE``.

    The engine does not listen on the default port unless asked: tests run in parallel, and there is
    only one default port.
    """
    command = Command.parse(f"{sys.executable} -m {module}")
    settings = Settings(
        command,
        default_port=default_port,
        known=known or {},
        full=full,
        environment=environment or {},
    )
    return judged(settings, requirement_ids, witnesses)


def judged(
    settings: Settings,
    requirement_ids: Iterable[str],
    witnesses: Sequence[Trial[Any]] | None = None,
) -> list[Verdict]:
    """The verdicts that these settings lead to; ``witnesses`` are as for ``Judgement``."""
    judgement = Judgement(settings, witnesses)
    chosen = list(requirement_ids)
    try:
        judgement.start()
        judgement.begin((), chosen)
        return [judgement.verdict(requirement_id) for requirement_id in chosen]
    finally:
        judgement.stop()
