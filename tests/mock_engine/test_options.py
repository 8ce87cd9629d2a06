"""The options that a configuration may have."""

from __future__ import annotations

from typing import Any

import pytest

from mock_engine.modules.catalogue import LOCATIONS
from mock_engine.options import BY_CLASS, LACKING, MODULES, Option


@pytest.mark.parametrize(
    ("option", "value", "allowed"),
    [
        (Option(int, least=0), 0, True),
        (Option(int, least=0), -1, False),
        (Option(int), True, False),
        (Option((int, float)), 0.5, True),
        (Option(str, choices=("a",)), "b", False),
        (Option(bool), False, True),
    ],
)
def test_an_option_knows_what_it_holds(option: Option, value: Any, allowed: bool) -> None:
    assert option.allows(value) is allowed


def test_an_option_says_what_it_holds() -> None:
    assert Option(int, least=1, most=9).describe() == "a whole number at least 1 at most 9"
    assert Option(str, choices=("a", "b")).describe() == "one of a, b"


def test_every_module_has_its_options() -> None:
    assert set(LOCATIONS) <= set(MODULES)
    assert set(BY_CLASS.values()) <= set(MODULES)
    assert not set(LACKING) & set(MODULES)
