"""Functions that do not answer."""

from __future__ import annotations

import pytest

from conformance.trials.silences import Silences


@pytest.mark.parametrize(
    ("answers", "silent"),
    [([], False), ([False] * 2, False), ([False] * 3, True), ([False] * 3 + [True], False)],
)
def test_a_function_is_silent_after_several_waits_in_vain(
    answers: list[bool], *, silent: bool
) -> None:
    silences = Silences()
    for answered in answers:
        silences.note("shop::get", answered=answered)

    assert silences.is_silent("shop::get") is silent
    assert not silences.is_silent("shop::put")
