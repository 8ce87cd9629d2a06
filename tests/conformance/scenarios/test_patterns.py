from __future__ import annotations

import itertools
import json
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conformance.documents import nodes
from conformance.scenarios.assignment import assignments
from conformance.scenarios.patterns.base import Names, Pattern
from conformance.scenarios.patterns.json_values import ABSENT, shown
from conformance.scenarios.patterns.names import Bind, Text
from conformance.scenarios.patterns.structures import Object
from conformance.scenarios.values import pattern

NUMBERS = st.integers(-(2**53), 2**53) | st.floats(allow_nan=False, allow_infinity=False)
JSON = st.recursive(
    st.none() | st.booleans() | NUMBERS | st.text(),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=4)
    ),
    max_leaves=12,
)


def made(text: str) -> Pattern:
    return pattern(nodes.parse(text, "a.yaml"))


def literal(value: Any) -> Pattern:
    return made(json.dumps({"$literal": value}))


@given(JSON)
def test_a_value_fits_itself_taken_literally(value: Any) -> None:
    assert literal(value).fits(value, {})


@given(JSON, JSON)
def test_differences_are_empty_exactly_when_a_value_fits(one: Any, other: Any) -> None:
    found = literal(one)

    assert (found.differences(other, {}) == []) == found.fits(other, {})


@given(st.dictionaries(st.text(max_size=5), JSON), st.dictionaries(st.text(max_size=5), JSON))
def test_an_object_fits_whatever_has_more_keys(some: Any, more: Any) -> None:
    fields = tuple((key, literal(value)) for key, value in some.items())

    assert Object(fields).fits({**more, **some}, {})
    assert Object(fields, exact=True).fits({**more, **some}, {}) == (more.keys() <= some.keys())


@given(JSON)
def test_a_name_stands_for_what_it_was_bound_to(value: Any) -> None:
    (names,) = Bind("x").solutions(value, {})

    assert Text("${x}").fits(value, names)
    assert Bind("x").fits(value, names)


@given(JSON, JSON)
def test_a_name_cannot_stand_for_two_values(one: Any, other: Any) -> None:
    both = made("[{$bind: x}, {$bind: x}]")

    assert both.fits([one, other], {}) == literal(one).fits(other, {})


@given(st.lists(st.integers(0, 3), max_size=6), st.randoms(use_true_random=False))
def test_the_order_of_an_unordered_array_means_nothing(values: list[int], random: Any) -> None:
    shuffled = list(values)
    random.shuffle(shuffled)
    if values:
        assert made(json.dumps({"$unordered": values})).fits(shuffled, {})
        assert made(json.dumps({"$contains": values})).fits([*shuffled, 9], {})
        assert not made(json.dumps({"$unordered": values})).fits([*shuffled, 9], {})


class Counting(Pattern):
    """Fits everything, and counts how often it is asked what it needs."""

    asked = 0

    def solutions(self, value: Any, names: Names) -> Iterator[Names]:
        yield names

    def needs(self) -> frozenset[str]:
        self.asked += 1
        return frozenset()


def test_many_items_do_not_make_a_group_ask_its_patterns_again() -> None:
    # A recorded replay has groups of fifty registrations, and is looked at with each message.
    pattern = Counting()

    (first, *_) = itertools.islice(assignments([pattern], range(1000), {}), 1)

    assert first == ((0,), {})
    assert pattern.asked == 1


def test_a_group_of_more_patterns_than_items_is_not_looked_at() -> None:
    pattern = Counting()

    assert list(assignments([pattern, pattern], [1], {})) == []
    assert pattern.asked == 0


def test_an_unordered_array_finds_the_one_assignment_in_which_names_agree() -> None:
    found = made("{$unordered: [{a: {$bind: x}, b: {$bind: y}}, {a: {$bind: y}, b: {$bind: x}}]}")

    (names, *_) = found.solutions([{"a": 1, "b": 2}, {"a": 2, "b": 1}], {})

    assert {names["x"], names["y"]} == {1, 2}
    assert not found.fits([{"a": 1, "b": 2}, {"a": 2, "b": 3}], {})


def test_a_hopeless_group_is_given_up_at_once() -> None:
    many = made(json.dumps({"$contains": [{"a": {"$bind": f"x{n}"}} for n in range(12)]}))

    assert not many.fits([{"a": n} for n in range(11)], {})


@pytest.mark.parametrize(
    ("text", "fitting", "unfitting"),
    [
        ("{$any: true}", [None, 0, {}], [ABSENT]),
        ("{$absent: true}", [ABSENT], [None]),
        ("{$type: integer}", [1, 1.0], [1.5, True, "1"]),
        ("{$type: [string, 'null']}", ["", None], [0]),
        ("{$uuid: true}", ["3f2504e0-4f89-41d3-9a0c-0305e82c3301"], ["3f2504e0", None]),
        ("{$regex: 'a+'}", ["aa"], ["aab", 1]),
        ("{$min: 1, $max: 2}", [1, 1.5, 2], [0, 3, True, "1"]),
        ("{$one-of: [1, {$absent: true}]}", [1, ABSENT], [2, None]),
        ("{$not: {$type: string}}", [1, ABSENT], ["a"]),
        ("{$all: [{$type: number}, {$min: 3}]}", [3], [2]),
        ("{a: {b: 1}}", [{"a": {"b": 1, "c": 2}}], [{"a": {}}, {"a": 1}]),
        ("{$exact: {a: {b: 1}}}", [{"a": {"b": 1}}], [{"a": {"b": 1, "c": 2}}]),
        ("{$exact: {a: {$subset: {b: 1}}}}", [{"a": {"b": 1, "c": 2}}], [{"a": {"b": 1}, "c": 2}]),
        ("{$literal: {$any: true}}", [{"$any": True}], [1]),
        ("{$object: {a: 1}, $bind: all}", [{"a": 1}], [{"a": 2}]),
        ("{$schema: {type: object, required: [a]}}", [{"a": 1}], [{}, ABSENT]),
        ("1", [1, 1.0], [True, "1"]),
        ("no", ["no"], [False]),
        ("2026-11-25", ["2026-11-25"], []),
    ],
)
def test_matchers(text: str, fitting: list[Any], unfitting: list[Any]) -> None:
    found = made(text)

    assert [v for v in fitting if not found.fits(v, {})] == []
    assert [v for v in unfitting if found.fits(v, {})] == []
    assert all(found.differences(value, {}) for value in unfitting)


def test_an_id_is_the_same_in_any_case() -> None:
    given = "3f2504e0-4f89-41d3-9a0c-0305e82c3301"

    assert Text("${id}").fits(given.upper(), {"id": given})
    assert not Text("${word}").fits("ECHO", {"word": "echo"})


def test_a_text_with_names_is_filled() -> None:
    assert Text("/a/${id}/b").fits("/a/7/b", {"id": 7})
    assert not Text("/a/${id}/b").fits("/a/7/b", {})


def test_differences_name_the_place() -> None:
    found = made("{a: [{b: 1}, 2], c: {$type: string}}")

    told = [(d.path, d.expected, d.seen) for d in found.differences({"a": [{"b": 3}, 2]}, {})]

    assert told == [("a[0].b", "1", "3"), ("c", "any string", "nothing")]


def test_a_long_value_is_cut() -> None:
    assert len(shown("x" * 1000)) == 200
