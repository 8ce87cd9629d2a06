"""Checks of how a worker uses the engine, on handmade records and examples."""

from __future__ import annotations

from typing import Any

import pytest

from conformance.checks.stimuli.requests import Stubborn, fillings, lacking
from conformance.checks.stimuli.worlds import Asked
from conformance.checks.using.requests import (
    HttpRequests,
    answers_http_with_an_envelope,
    complete,
)
from conformance.checks.using.worlds import reads_its_requests
from conformance.requirements.verdict import Conclusion
from conformance.trials.invoker import Invocation
from conformance.trials.learning.starts import is_risky, request
from tests.conformance.checks.records import Story


def test_requests_that_were_taken_are_sent_as_an_engine_does() -> None:
    taken = {**request({"api_path": "/parcels"}), "body": {"weight": 1}}

    assert complete([{"weight": 1}, {**taken, "weight": 1}, 7]) == [taken]


@pytest.mark.parametrize(
    ("result", "faulty"),
    [
        ({"status_code": 201, "body": {}}, False),
        ({"statusCode": 201, "body": {}}, True),
        ({"statusCode": 201, "status_code": 201}, False),
    ],
)
def test_other_names_of_the_status_reach_nobody(result: Any, *, faulty: bool) -> None:
    story, (invocation,) = answered({"result": result})

    finding = answers_http_with_an_envelope(story.record(HttpRequests(((invocation, "c"),))))
    assert (finding.conclusion is Conclusion.BROKEN) is faulty


def test_the_word_http_in_a_name_is_no_effect_outside_the_worker() -> None:
    assert not is_risky("lab::create_http")
    assert is_risky("web::fetch")


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("recipient, weight_g required", ["recipient", "weight_g"]),
        ("invocation_failed: Missing required fields: parcelId", ["parcelId"]),
        ("weight must be a number", []),
        ("API_KEY is required", []),
        ("authorization is required", []),
        ("path_params required", []),
    ],
)
def test_what_a_request_lacks_is_told_by_complaints_about_data(text: str, names: list[str]) -> None:
    assert lacking(text) == names


def test_requests_are_filled_with_values_of_every_kind_in_every_part() -> None:
    filled = list(fillings(request({}), ["to", "weight"], {"weight": 2.5}))

    assert filled[0]["body"] == {"to": "a", "weight": 2.5}
    assert filled[0]["query_params"] == filled[0]["path_params"] == {"to": "a", "weight": "2.5"}
    kinds = {(type(one["body"]["to"]), type(one["body"]["weight"])) for one in filled}
    assert {(str, float), (str, str), (int, bool), (dict, list)} <= kinds


TAKEN = {"result": {"status_code": 200, "body": {}}}
LACKS = {"result": {"status_code": 400, "body": {"error": "to is required"}}}
SLIPPED = {"error": {"code": "x", "message": "TypeError: headers is undefined"}}


def answered(*bodies: dict[str, Any]) -> tuple[Story, list[Invocation]]:
    story, invocations = Story().opens(), []
    for number, body in enumerate(bodies):
        invocation = Invocation(str(number), "shop::put", 1, story.at)
        invocations.append(invocation)
        fields = {"invocation_id": invocation.id, "function_id": "shop::put"}
        story.says({"type": "invokefunction", **fields, "data": {}}, engine=True)
        story.says({"type": "invocationresult", **fields, **body})
    return story, invocations


def test_a_function_that_misses_what_its_request_has_does_not_read_it() -> None:
    story, invocations = answered(LACKS, LACKS)

    stubborn = Stubborn("shop::put", tuple(invocations), ("to",))
    assert reads_its_requests(story.record((stubborn,))).conclusion is Conclusion.BROKEN
    met = Stubborn("shop::put", tuple(invocations))
    assert reads_its_requests(story.record((met,))).conclusion is Conclusion.KEPT


@pytest.mark.parametrize(
    ("plain", "asked", "needed", "expected"),
    [
        (TAKEN, TAKEN, True, Conclusion.KEPT),
        (TAKEN, LACKS, True, Conclusion.BROKEN),
        (LACKS, SLIPPED, False, Conclusion.BROKEN),
        (LACKS, LACKS, True, Conclusion.INCONCLUSIVE),
        (SLIPPED, SLIPPED, False, Conclusion.NOT_APPLICABLE),
        (TAKEN, LACKS, False, Conclusion.NOT_APPLICABLE),
    ],
)
def test_an_exception_over_http_alone_tells_of_a_request_that_is_not_read(
    plain: Any, asked: Any, needed: bool, expected: Conclusion
) -> None:
    story, (first, second) = answered(plain, asked)

    pairs = (Asked(first, second, needed),)
    assert reads_its_requests(story.record(pairs)).conclusion is expected
