"""Checks of workers that were told to stop, on records."""

from __future__ import annotations

import signal
from dataclasses import replace
from typing import Any

import pytest
from websockets.frames import Opcode

from conformance import checks
from conformance.checks.stimuli.shutting import Stop
from conformance.requirements.verdict import Conclusion, Finding
from conformance.trials.trial import CHECKS, Record
from tests.conformance.checks.records import Story

assert checks.MODULES  # importing the modules registers their checks

ENDED = Stop(signal.SIGTERM, 0.0, 0.1, 10.0, 0, (), (1,))
KILLED = replace(ENDED, took=None, exit_code=None)


def judged(requirement: str, *records: Record[Any]) -> Finding:
    """The conclusion of a requirement's check."""
    judge = CHECKS[requirement].judge
    assert judge is not None
    return judge(*records)


def served(stop: Stop) -> Record[Stop]:
    """A worker that sent messages, closed its connection, and ended in this way."""
    return Story().opens().says({"type": "pong"}).sends(Opcode.CLOSE).record(stop)


def starting(stop: Stop) -> Record[Stop]:
    """A worker that never sent a message, and ended in this way."""
    return Story().record(replace(stop, workers=()))


@pytest.mark.parametrize(
    ("records", "conclusion"),
    [
        ([served(ENDED)], Conclusion.KEPT),
        ([served(ENDED), served(replace(ENDED, exit_code=1))], Conclusion.BROKEN),
        ([served(ENDED), served(replace(ENDED, exit_code=-15))], Conclusion.BROKEN),
        ([served(ENDED), starting(replace(ENDED, exit_code=-15))], Conclusion.KEPT),
        ([served(ENDED), starting(replace(ENDED, exit_code=143))], Conclusion.KEPT),
        ([served(ENDED), starting(replace(ENDED, exit_code=1))], Conclusion.BROKEN),
        ([served(ENDED), served(KILLED)], Conclusion.KEPT),
        ([served(KILLED)], Conclusion.INCONCLUSIVE),
    ],
)
def test_exit_codes(records: list[Record[Stop]], conclusion: Conclusion) -> None:
    assert judged("SHD-002", *records).conclusion is conclusion


def test_the_moment_of_a_bad_end_is_told() -> None:
    away = replace(ENDED, exit_code=1, when="while the engine was away")

    assert judged("SHD-002", served(ENDED), served(away)).seen == (
        "exit code 1 while the engine was away"
    )


def test_processes_that_are_left_after_any_stop() -> None:
    left = replace(ENDED, remaining=("sleep (pid 7)",), when="while an invocation was running")

    finding = judged("SHD-005", served(ENDED), served(left))

    assert finding.conclusion is Conclusion.BROKEN
    assert finding.seen == (
        "still running after SIGTERM while an invocation was running: sleep (pid 7)"
    )


def test_a_goodbye_after_every_signal() -> None:
    silent = Story().opens().says({"type": "pong"}).record(replace(ENDED, signal=signal.SIGINT))

    assert judged("SHD-007", served(ENDED)).conclusion is Conclusion.KEPT
    assert judged("SHD-007", served(ENDED), silent).seen == (
        "the TCP connection ended without one after SIGINT"
    )
    assert judged("SHD-007", served(KILLED)).conclusion is Conclusion.INCONCLUSIVE


@pytest.mark.parametrize(
    ("code", "unhandled"), [(0, False), (1, False), (-15, True), (143, True), (-9, False)]
)
def test_a_worker_that_sigterm_killed_had_no_handler(code: int, unhandled: bool) -> None:
    assert replace(ENDED, exit_code=code).unhandled is unhandled


@pytest.mark.parametrize(
    ("stop", "unhandled"),
    [(ENDED, False), (replace(ENDED, exit_code=1), True), (KILLED, True)],
)
def test_sigint_without_a_handler_may_lead_to_anything(stop: Stop, unhandled: bool) -> None:
    assert replace(stop, signal=signal.SIGINT).unhandled is unhandled
