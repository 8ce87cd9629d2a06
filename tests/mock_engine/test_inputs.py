"""Inputs of functions, and the errors about them."""

from __future__ import annotations

from typing import Any

import pytest

from mock_engine.failures import Failure
from mock_engine.inputs import Field, Form, describe, is_flag, is_texts, is_u32, optional

FORM = Form(
    "Input",
    (Field("name", alias="title"), optional("count", is_u32), optional("tags", is_texts)),
    needed=1,
)


@pytest.mark.parametrize(
    ("value", "complaint"),
    [
        ({"name": "a"}, None),
        ({"title": "a", "count": None}, None),
        ({}, "missing field `name`"),
        ({"name": None}, "invalid type: null, expected a string"),
        ({"name": "a", "title": "b"}, "duplicate field `name`"),
        ({"name": "a", "count": -1}, "invalid value: integer `-1`, expected u32"),
        ({"name": "a", "count": 1.5}, "invalid type: floating point `1.5`, expected u32"),
        ({"name": "a", "tags": [1]}, "invalid type: integer `1`, expected a string"),
        ({"count": True, "name": 5}, "invalid type: boolean `true`, expected u32"),
        (["a"], None),
        ([], "invalid length 0, expected struct Input with 3 elements"),
        (["a", 1, [], 4], "invalid length 4, expected fewer elements in array"),
        (5, "invalid type: integer `5`, expected struct Input"),
    ],
)
def test_a_complaint_is_in_the_words_of_serde(value: Any, complaint: str | None) -> None:
    assert FORM.examine(value)[0] == complaint


def test_what_is_absent_is_none() -> None:
    assert FORM.examine({"title": "a"})[1] == {"name": "a", "count": None, "tags": None}


def test_a_function_fails_with_its_name_and_the_complaint() -> None:
    with pytest.raises(Failure, match="Failed to deserialize input for a::b: missing field"):
        FORM.read(b"{}", "a::b")


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (None, "null"),
        (1e20, "floating point `100000000000000000000.0`"),
        ('a"\n', 'string "a\\"\\n"'),
        ({}, "map"),
        ([], "sequence"),
    ],
)
def test_a_value_is_described_as_rust_describes_it(value: Any, words: str) -> None:
    assert describe(value) == words


def test_a_flag_is_no_number() -> None:
    assert is_flag(1) == "a boolean"
    assert is_u32(True) == "u32"
