"""What functions change in what they hand on."""

from __future__ import annotations

from typing import Any

import pytest

from conformance.trials.learning.handing import Changes, changes, same_for_all, tagged

SENT = tagged("mark")
LEFT_OUT = ("none (null) is left out",)


def without(*names: str) -> dict[str, Any]:
    return {name: value for name, value in SENT.items() if name not in names}


@pytest.mark.parametrize(
    ("result", "made"),
    [
        (SENT, ()),
        ({"order": [{**SENT, "id": 7}]}, ()),
        ({"order": without("none")}, LEFT_OUT),
        ({**SENT, "empty": None}, ('empty is null in place of ""',)),
        ({"name": "mark"}, None),
        ("mark", None),
        (None, None),
    ],
)
def test_what_came_back_is_found_by_its_tag(result: Any, made: Changes | None) -> None:
    assert changes(SENT, result) == made


def test_several_functions_that_change_the_same_are_the_worker() -> None:
    assert same_for_all({"a": LEFT_OUT, "b": LEFT_OUT}) == (LEFT_OUT, ["a", "b"])


@pytest.mark.parametrize(
    "seen",
    [
        {},
        {"a": LEFT_OUT},
        {"a": LEFT_OUT, "b": ("other",)},
        {"a": LEFT_OUT, "b": LEFT_OUT, "c": ()},
    ],
)
def test_one_function_may_do_as_it_likes(seen: dict[str, Changes]) -> None:
    assert same_for_all(seen) is None
