"""The cause of a worker's action: what it was handling at that time."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from conformance.checks.stimuli.causes import in_flight
from conformance.checks.using.calls import calls_the_engine_rightly
from conformance.requirements.verdict import Finding, Level, Outcome, outcome_of
from conformance.trials.trial import Record
from tests.conformance.checks.records import Story

NAME = "shop::fulfil"
SET = {"type": "invokefunction", "function_id": "state::set", "data": {"scope": "a"}}
STRICT = {"type": "object", "required": ["order"], "properties": {"order": {"type": "string"}}}


def invocation(identity: str, data: Any, **more: str) -> dict[str, Any]:
    body = {"type": "invokefunction", "invocation_id": identity, "function_id": NAME}
    return {**body, "data": data, **more}


def record(story: Story, form: Any = None, *exemplified: str) -> Record[None]:
    made = story.record(None)
    registration = {"type": "registerfunction", "id": NAME, "request_format": form}
    baseline = replace(
        made.baseline, functions={NAME: registration}, exemplified=frozenset(exemplified)
    )
    return replace(made, baseline=baseline)


def handled(data: Any, **answer: Any) -> Story:
    """A call of an engine function with wrong data, made while an invocation is handled."""
    result = {"type": "invocationresult", "invocation_id": "1", "function_id": NAME, **answer}
    return Story().opens().says(invocation("1", data), engine=True).says(SET).says(result)


REFUSED = {"error": {"code": "x", "message": "no order"}}


def judged(story: Story, form: Any = None, *exemplified: str) -> Finding:
    (finding,) = calls_the_engine_rightly(record(story, form, *exemplified))
    assert isinstance(finding, Finding)
    return finding


@pytest.mark.parametrize(
    ("finding", "outcome"),
    [
        (judged(handled({}, **REFUSED)), Outcome.WARNING),
        (judged(handled({}, **REFUSED), STRICT), Outcome.WARNING),
        (judged(handled({"order": "1"}, **REFUSED), STRICT), Outcome.FAILED),
        (judged(handled({}, **REFUSED), None, NAME), Outcome.FAILED),
        (judged(handled({}, result=1)), Outcome.FAILED),
        (judged(Story().opens().says(SET)), Outcome.FAILED),
    ],
    ids=["made up", "outside its format", "valid", "the user's", "taken", "by itself"],
)
def test_made_up_data_fails_nobody(finding: Finding, outcome: Outcome) -> None:
    assert outcome_of(finding, Level.MUST) is outcome


def test_made_up_data_is_told_with_what_to_do() -> None:
    finding = judged(handled({}, **REFUSED))

    assert finding.seen.endswith("(while handling shop::fulfil with generated data {})")
    assert finding.remedy.startswith("Give an example of the data of shop::fulfil")
    assert [getattr(event, "json", {}).get("invocation_id") for event in finding.events] == [
        "1",
        None,
    ]


def test_a_trace_tells_which_of_several_invocations_it_was() -> None:
    trace = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
    story = Story().opens().says(invocation("1", {}, traceparent=trace), engine=True)
    story.says(invocation("2", {}), engine=True).says({**SET, "traceparent": trace})
    made = record(story)
    (call,) = made.talk.messages()

    assert [message.json["invocation_id"] for message in in_flight(made, call)] == ["1"]
