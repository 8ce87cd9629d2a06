"""Versions and ranges of them."""

from __future__ import annotations

import pytest

from mock_engine.versions import VersionRange, numbers


@pytest.mark.parametrize(
    ("text", "expected"), [("0.3", (0, 3)), ("0.23.0-rc.4", (0, 23, 0)), ("1", (1,))]
)
def test_a_version_is_its_numbers(text: str, expected: tuple[int, ...]) -> None:
    assert numbers(text) == expected


@pytest.mark.parametrize(
    ("since", "until", "version", "holds"),
    [
        (None, None, "0.1", True),
        ("0.11", None, "0.10.9", False),
        ("0.11", None, "0.11", True),
        ("0.11", None, "0.9", False),
        (None, "0.16", "0.16.7", True),
        (None, "0.16", "0.17", False),
        ("0.21.3", "0.23", "0.21.2", False),
        ("0.21.3", "0.23", "0.23.0-rc.4", True),
    ],
)
def test_a_range_holds_both_of_its_ends(
    since: str | None, until: str | None, version: str, holds: bool
) -> None:
    assert VersionRange(since, until).holds(version) is holds
