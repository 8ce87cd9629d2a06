"""The wording of errors, and what of it the suite itself gave."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from conformance.checks.handling.replies import tells_in_words
from conformance.requirements.verdict import Finding
from tests.conformance.checks.records import Story

NAME = "handovers::get"
REPEATED = "no handover [object Object]"
REQUEST = {"path_params": {"id": "a"}, "query_params": {}, "headers": {}, "body": {}}


def told(data: Any, message: str, *exemplified: str) -> bool:
    """Whether the wording of an error is found wanting."""
    asked = {"type": "invokefunction", "invocation_id": "1", "function_id": NAME, "data": data}
    error = {"code": "not_found", "message": message}
    answer = {"type": "invocationresult", "invocation_id": "1", "function_id": NAME, "error": error}
    record = Story().opens().says(asked, engine=True).says(answer).record(None)
    baseline = replace(
        record.baseline,
        functions={NAME: {"type": "registerfunction", "id": NAME}},
        exemplified=frozenset(exemplified),
    )
    return any(isinstance(f, Finding) for f in tells_in_words(replace(record, baseline=baseline)))


@pytest.mark.parametrize(
    "data", [{"id": {"not_found": 1}}, {"id": [{}]}, {**REQUEST, "path_params": {"id": {}}}]
)
def test_a_message_may_repeat_an_object_that_was_generated(data: Any) -> None:
    assert not told(data, REPEATED)


@pytest.mark.parametrize("data", [{"id": "a"}, {}, None, REQUEST])
def test_an_object_that_nobody_gave_is_the_workers(data: Any) -> None:
    assert told(data, REPEATED)


def test_an_object_of_the_user_is_to_be_told_in_words() -> None:
    assert told({"id": {"name": "a"}}, REPEATED, NAME)


def test_nothing_but_an_object_says_nothing_whatever_was_given() -> None:
    assert told({"id": {}}, "[object Object]")
