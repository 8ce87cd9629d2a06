"""Checks of calling, on records of workers without known functions."""

from __future__ import annotations

from dataclasses import replace

import pytest

from conformance.checks.calling.results import hands_results_to_their_callers
from conformance.checks.calling.waiting import forgets_expired_calls, sends_kept_calls_once
from conformance.checks.stimuli.odd_answers import OddAnswers
from conformance.checks.stimuli.offline import Offline
from conformance.requirements.verdict import Conclusion
from conformance.trials.invoker import Invocation
from conformance.trials.learning.knowledge import Relay
from tests.conformance.checks.records import Story

RELAY = Relay("shop::get", {}, "state::get")
GET = {"type": "invokefunction", "function_id": "state::get", "data": {}}


def offline(**more: float) -> Offline:
    kept = Offline(1.0, 1.0, "state::get", most=1, relay=RELAY, until=2.0)
    return replace(kept, **more)  # type: ignore[arg-type]


def calls(*times: float) -> Story:
    """Calls of the worker, in seconds."""
    story = Story().opens()
    for at in times:
        story.says(GET)
        story.events[-2:] = [replace(event, at=at) for event in story.events[-2:]]
    return story


@pytest.mark.parametrize(
    ("story", "played", "conclusion"),
    [
        (calls(1.5), offline(), Conclusion.INCONCLUSIVE),
        (calls(), offline(limit=3.0, returned=9.0, unsent=8), Conclusion.INCONCLUSIVE),
        (calls(1.5), offline(limit=3.0, returned=9.0, unsent=8), Conclusion.KEPT),
        (calls(1.5), offline(limit=3.0, returned=9.0, unsent=0), Conclusion.INCONCLUSIVE),
        (calls(1.5, 5.0, 9.5), offline(limit=3.0, returned=9.0, unsent=8), Conclusion.BROKEN),
    ],
)
def test_a_call_that_was_given_up_is_not_sent_later(
    story: Story, played: Offline, conclusion: Conclusion
) -> None:
    assert forgets_expired_calls(story.record(played)).conclusion is conclusion


def test_what_was_sent_in_a_second_outage_is_not_counted_with_the_first() -> None:
    played = offline(limit=3.0, returned=9.0, unsent=8)

    assert sends_kept_calls_once(calls(1.5, 9.5).record(played)).conclusion is Conclusion.KEPT
    assert sends_kept_calls_once(calls(1.5, 1.6).record(played)).conclusion is Conclusion.BROKEN


@pytest.mark.parametrize(
    ("code", "wait", "conclusion"),
    [
        ("TIMEOUT", 0, Conclusion.INCONCLUSIVE),
        ("TIMEOUT", 200, Conclusion.BROKEN),
        ("gone", 200, Conclusion.INCONCLUSIVE),
    ],
)
def test_a_call_ends_by_its_answer_and_not_by_its_limit(
    code: str, wait: int, conclusion: Conclusion
) -> None:
    story = Story().opens()
    invocation = Invocation("0b7e1a52-0000-4000-8000-0000000000e2", "shop::get", 1, story.at)
    story.says(GET)
    answer = {
        "type": "invocationresult",
        "invocation_id": invocation.id,
        "function_id": "shop::get",
    }
    story.says({**answer, "error": {"code": code, "message": "too late"}})
    moved = [replace(event, at=event.at + wait / 100) for event in story.events[-2:]]
    story.events[-2:] = moved

    odd = OddAnswers(((invocation, "null"),), None)
    assert hands_results_to_their_callers(story.record(odd)).conclusion is conclusion
