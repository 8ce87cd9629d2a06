"""Invocations and pings after a loss, and those that the engine itself cut short."""

from __future__ import annotations

import pytest
from websockets.frames import Opcode

from conformance.checks.reconnecting.resuming import (
    answers_after_a_loss,
    answers_pings_after_a_loss,
)
from conformance.checks.stimuli.functions import Round
from conformance.checks.stimuli.losing import Drop, Series
from conformance.checks.stimuli.service import Service
from conformance.checks.stimuli.ways import HELD_ON
from conformance.requirements.verdict import Conclusion, Finding
from conformance.trials.context import ABSENT
from conformance.trials.invoker import Invocation
from tests.conformance.checks.records import Story

ASKED = {"type": "invokefunction", "invocation_id": "1", "function_id": ABSENT, "data": {}}
ANSWER = {**ASKED, "type": "invocationresult", "error": {"code": "x", "message": "y"}}
REJECTED = {"type": "registrationrejected", "code": "WORKER_NAMESPACE_CONFLICT"}


def judged(story: Story) -> tuple[Finding, Finding]:
    """The findings about an invocation and a ping on connection 2, after that of 1 was lost."""
    invocation = Invocation("1", ABSENT, 2, 0.0)
    drop = Drop(HELD_ON, 0.0, 99.0, (1,), (2,), None, None, Service((invocation,), (2,), None))
    series: Series = (drop,)
    first, record = Story().record(Round((), invocation)), story.record(series)
    return answers_after_a_loss(first, record), answers_pings_after_a_loss(record)


def back() -> Story:
    return Story().opens().ends().opens(2).says({"type": "ping"}, 2)


@pytest.mark.parametrize("rejected", [False, True])
def test_what_the_engine_closed_by_itself_is_not_counted(rejected: bool) -> None:
    story = back().says(ASKED, 2, engine=True)
    if rejected:
        story.says(REJECTED, 2, engine=True)
    else:
        story.sends(Opcode.CLOSE, number=2, engine=True)

    invoked, pinged = judged(story.sends(Opcode.CLOSE, number=2).ends(number=2))

    assert invoked.conclusion is Conclusion.INCONCLUSIVE
    assert pinged.conclusion is Conclusion.KEPT
    assert story.record(None).talk.reachable_workers == []


def test_what_the_worker_closed_is_counted_although_the_engine_confirms_it() -> None:
    story = back().says(ASKED, 2, engine=True).sends(Opcode.CLOSE, number=2)
    story.sends(Opcode.CLOSE, number=2, engine=True)

    assert judged(story)[0].conclusion is Conclusion.BROKEN


def test_an_answer_counts() -> None:
    story = back().says(ASKED, 2, engine=True).says(ANSWER, 2)

    assert judged(story)[0].conclusion is Conclusion.KEPT
    assert story.record(None).talk.reachable_workers == [2]
