"""Checks of triggers that fire by themselves, on records."""

from __future__ import annotations

from dataclasses import replace

import pytest

from conformance import checks
from conformance.checks.stimuli.providing import ELSEWHERE, Fired
from conformance.requirements.verdict import Conclusion, Finding
from conformance.trials.offers import TARGET
from conformance.trials.trial import CHECKS, Record
from mock_engine.transcript import Direction, Message
from tests.conformance.checks.records import Story

assert checks.MODULES  # importing the modules registers their checks

AGAIN = 2.0
"""When the trigger is offered again, in seconds."""


def fired(times: list[float], body: str = "") -> Record[Fired]:
    """The record of a trigger whose target was called at these times."""
    call = f'{{"type":"invokefunction","function_id":"{TARGET}"{body}}}'.encode()
    story = Story().opens()
    story.events += [Message(at, 1, Direction.FROM_WORKER, False, call) for at in times]
    return story.record(Fired(AGAIN, 2 * AGAIN, 1.0))


def judged(requirement: str, record: Record[Fired]) -> Finding:
    """The conclusion of a requirement's check."""
    judge = CHECKS[requirement].judge
    assert judge is not None
    return judge(record)


def every(period: float, *, since: float = 0.0, until: float = AGAIN) -> list[float]:
    """Times at equal intervals."""
    return [since + n * period for n in range(1, round((until - since) / period))]


@pytest.mark.parametrize(
    ("before", "after", "conclusion"),
    [
        (every(0.3), every(0.3, since=2.0, until=4.0), Conclusion.KEPT),
        (every(0.3), every(0.24, since=2.0, until=4.0), Conclusion.KEPT),
        (every(0.3), every(0.15, since=2.0, until=4.0), Conclusion.BROKEN),
        (every(0.9), every(0.45, since=2.0, until=4.0), Conclusion.INCONCLUSIVE),
        (
            [0.1, 0.2, 0.9, 1.0, 1.6, 1.7],
            every(0.15, since=2.0, until=4.0),
            Conclusion.INCONCLUSIVE,
        ),
    ],
)
def test_two_timers_of_one_trigger(
    before: list[float], after: list[float], conclusion: Conclusion
) -> None:
    assert judged("PRV-009", fired(before + after)).conclusion is conclusion


def test_each_call_has_what_the_trigger_says() -> None:
    right = f',"namespace":"{ELSEWHERE["namespace"]}","metadata":{{"tenant":"blue"}}'
    first, second = fired([1.0], right), fired([1.5])
    both = Story()
    both.events += [*first.events, *second.events[-1:]]

    assert judged("PRV-007", first).conclusion is Conclusion.KEPT
    assert judged("PRV-007", both.record(first.result)).conclusion is Conclusion.BROKEN


def test_a_call_of_another_function_is_told() -> None:
    story = Story().opens()
    story.says({"type": "invokefunction", "function_id": "a::b", **ELSEWHERE})

    finding = judged("PRV-007", story.record(Fired(AGAIN, 2 * AGAIN, 1.0)))

    assert (finding.conclusion, finding.seen) == (Conclusion.BROKEN, 'a call of "a::b"')


@pytest.mark.parametrize(
    ("counts", "conclusion"),
    [
        ((1, 1), Conclusion.KEPT),
        ((2, 2), Conclusion.KEPT),
        ((1, 2), Conclusion.BROKEN),
        ((0, 1), Conclusion.INCONCLUSIVE),
    ],
)
def test_a_trigger_that_fires_on_request(counts: tuple[int, int], conclusion: Conclusion) -> None:
    record = fired([1.0])
    asked = replace(record, result=replace(record.result, counts=counts))

    assert judged("PRV-009", asked).conclusion is conclusion
