"""The search: reproducible, and guided by answers."""

from __future__ import annotations

import json
from typing import Any

from conformance.fuzz.search.novelty import Answer
from conformance.fuzz.search.search import Search
from conformance.fuzz.target import Case, FuzzTarget
from conformance.trials.learning.wording import normalised


def search(seed: int = 1, registration: Any = None, **options: Any) -> Search:
    return Search({"f": FuzzTarget("f", registration or {})}, seed, **options)


def serde(case: Case) -> Answer:
    """A function that expects ``a.b.c`` to be a string, and reports one error at a time."""
    value = json.loads(case.text) if case.deliverable else None
    for name in ("a", "b", "c"):
        if not isinstance(value, dict) or name not in value:
            return Answer("error", "invocation_failed", f"missing field `{name}`")
        value = value[name]
    return Answer("result", result={"c": "text"})


def played(one: Search, count: int) -> list[Case]:
    cases: list[Case] = []
    for _ in range(count // 10):
        batch = one.batch(10)
        for each in batch:
            one.learn(each, serde(each))
        cases += batch
    return cases


def test_the_same_seed_and_answers_give_the_same_inputs() -> None:
    first, second = played(search(3), 600), played(search(3), 600)

    assert [one.text for one in first] == [one.text for one in second]
    assert [one.text for one in first] != [one.text for one in played(search(4), 600)]


def test_complaints_lead_to_the_form_that_is_wanted() -> None:
    cases = played(search(), 400)

    assert any(serde(one).outcome == "result" for one in cases)


def test_a_right_form_gets_each_place_wrong_in_turn() -> None:
    cases = played(search(), 4000)
    leaves = {repr(json.loads(one.text)["a"]["b"]["c"]) for one in cases if _reaches(one)}

    assert {"None", "''", "0", "[]", "{}", "-1"} <= leaves


def _reaches(one: Case) -> bool:
    return one.deliverable and serde(one).outcome == "result"


def test_near_valid_data_is_told_from_valid_data() -> None:
    form = {"type": "object", "properties": {"n": {"type": "integer"}}, "required": ["n"]}
    cases = search(registration={"request_format": form}).batch(200)

    assert {True, False} <= {one.valid for one in cases}
    assert all(one.broken for one in cases if one.valid is False)


def test_messages_are_compared_without_their_data() -> None:
    one = normalised("no user 'abcdef' at 0x7f12: 17 tries", {"user": "abcdef"})
    other = normalised("no user 'uvwxyz' at 0x7a99: 4 tries", {"user": "uvwxyz"})

    assert one == other
