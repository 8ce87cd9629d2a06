from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given

from conformance.scenarios.recording.plain import DEEPEST, is_deep, is_plain
from tests.conformance.scenarios.recording.test_generalise import JSON, written


@given(JSON)
def test_what_is_plain_means_the_same_after_it_went_through_a_file(value: Any) -> None:
    data = json.dumps(value).encode()

    assert is_plain(data)
    assert json.dumps(written(json.loads(data)).value) == json.dumps(json.loads(data))


@pytest.mark.parametrize(
    "text",
    [
        '{"a": 1, "a": 2}',
        '{"a": [{"b": 1, "b": 1}]}',
        '{"a": 1e400}',
        '{"a": -1e400}',
        '{"a": -0}',
        '{"a": NaN}',
        '{"a": -Infinity}',
        '{"a": 1',
        "",
        "[" * (DEEPEST + 1) + "]" * (DEEPEST + 1),
        "[" * 100_000,
        '{"a": ' + "9" * 5000 + "}",
    ],
)
def test_what_would_mean_something_else_is_not(text: str) -> None:
    assert not is_plain(text.encode())


@pytest.mark.parametrize(
    "text",
    ['{"a": -0.0}', '{"a": 18446744073709551615}', '{"a": 1e-07}', '"\\ud800"', '"\\u0000"', "1.0"],
)
def test_what_looks_odd_but_survives_is(text: str) -> None:
    assert is_plain(text.encode())
    assert json.dumps(written(json.loads(text)).value) == json.dumps(json.loads(text))


def test_bytes_that_are_no_text_are_not() -> None:
    assert not is_plain(b'"\xff"')


def test_levels_are_counted_to_the_deepest_part() -> None:
    value: Any = 1
    for _ in range(DEEPEST - 1):
        value = {"a": value, "b": []}

    assert not is_deep(value)
    assert is_deep([[value]])
