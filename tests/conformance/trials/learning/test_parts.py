"""Parts: confirmed after they were seen twice, and never by chance."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from conformance.trials.learning.knowledge import MISSING, Part
from conformance.trials.learning.learner import Reply
from conformance.trials.learning.parts import Probe, failing, parts, probes

Function = Callable[[Any, Any], Any]


def played(function: Function, example: Any = None) -> dict[str, Part]:
    example = {} if example is None else example
    shown = [Probe(d, m, Reply(function(d, m))) for d, m in probes(example)]
    return {part.role: part for part in parts("shop::f", example, shown)}


@pytest.mark.parametrize(
    ("function", "lens"),
    [
        (lambda data, _: data, ()),
        (lambda data, _: {"data": data, "at": 7}, ("data",)),
        (lambda data, _: {"list": [1, {"deep": data}]}, ("list", 1, "deep")),
    ],
)
def test_an_echo_is_found_with_its_lens(function: Function, lens: tuple[Any, ...]) -> None:
    echo = played(function, {"orderId": "a"})["echo"]

    assert (echo.lens, echo.found) == (lens, True)
    data = echo.request([None, "text"])
    assert data == {"orderId": "a", "conformance": [None, "text"]}
    assert echo.returned(function(data, None)) == [None, "text"]
    assert echo.returned({"error": "no"}) is MISSING


@pytest.mark.parametrize(
    "function",
    [
        lambda data, _: {k: v for k, v in data.items() if v is not None},
        lambda data, _: {**data, "more": 1},
        lambda data, _: {"keys": list(data)},
        lambda data, _: {k: v or "none" for k, v in data.items()},
    ],
)
def test_what_changes_its_data_is_no_echo(function: Function) -> None:
    assert "echo" not in played(function)


def test_metadata_and_null_are_found() -> None:
    found = played(lambda _, metadata: {"context": {"given": metadata}})

    assert found["metadata"].lens == ("context", "given")
    assert set(played(lambda *_: None)) == {"null"}


def test_failures_and_crashes_are_told_apart() -> None:
    chosen = Reply(failed=True, message="orderId is required")
    crash = Reply(failed=True, message="'NoneType' object has no attribute 'upper'")
    fine = Reply({"stored": 1})

    def roles(*replies: Reply) -> set[str]:
        return {part.role for part in failing("f", [({"n": n}, r) for n, r in enumerate(replies)])}

    assert roles(chosen, chosen, fine) == {"fail"}
    assert roles(chosen, fine) == set()
    assert roles(chosen, chosen) == set()
    assert roles(crash, crash) == {"crash"}


def test_a_part_with_a_name_takes_its_data_as_it_is() -> None:
    part = Part("echo", "conformance::echo")

    assert part.request([1]) == [1]
    assert part.returned([1]) == [1]
