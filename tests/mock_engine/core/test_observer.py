"""One observer."""

from __future__ import annotations

from typing import Any

import pytest

from mock_engine.core.filters import Filter
from mock_engine.core.observer import Observer, check_args, descriptor
from mock_engine.core.registry import Function
from mock_engine.failures import Failure
from mock_engine.messages import (
    ABSENT,
    Observe,
    ObserverSource,
    ObserverTarget,
    RegisterFunction,
    payload,
)


def observed(**says: Any) -> Function:
    return Function("default", 1, RegisterFunction("f", observe=payload(says)))


def observer(on: str | None = None) -> Observer:
    spec = Observe("o", ObserverSource("f", on=on), ObserverTarget("t"))
    return Observer(spec, 2, ("default", "f"), ("default", "t"), Filter({}))


@pytest.mark.parametrize(
    ("on", "success", "error"),
    [(None, True, False), ("success", True, False), ("error", False, True), ("complete", 1, 1)],
)
def test_an_observer_takes_the_outcomes_it_names(
    on: str | None, success: bool, error: bool
) -> None:
    assert observer(on).accepts("success") == success
    assert observer(on).accepts("error") == error


def test_an_owner_sees_what_is_left_out_as_its_default() -> None:
    view = observer().view()

    assert (view.capture, view.on, view.target) == (("input", "output", "caller"), "success", "t")
    assert view.args == view.filters == payload({})


def test_a_function_says_whether_it_may_be_observed() -> None:
    check_args(observed(), ABSENT)
    with pytest.raises(Failure, match="takes no observers"):
        check_args(observed(allow=False), ABSENT)
    with pytest.raises(Failure, match="takes no args"):
        check_args(observed(), payload({"a": 1}))


def test_args_are_held_to_their_format() -> None:
    function = observed(args_format={"type": "object", "required": ["city"]})

    check_args(function, payload({"city": "Ulm"}))
    with pytest.raises(Failure, match="args of f"):
        check_args(function, payload({}))


def test_what_is_no_object_says_nothing() -> None:
    assert descriptor(Function("d", 1, RegisterFunction("f", observe=payload(5)))) == {}
