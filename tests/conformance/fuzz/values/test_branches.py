"""Every branch of a regular expression has a matching text."""

from __future__ import annotations

import re

import pytest

from conformance.fuzz.values.branches import branches


@pytest.mark.parametrize(
    ("pattern", "texts"),
    [
        ("^(EU|US|AS|AF)-[0-9]{2}$", {"EU-00", "US-00", "AS-00", "AF-00", "EU-99"}),
        ("^a(-x)?$", {"a", "a-x"}),
        ("^[A-C]{2,4}$", {"AA", "AAAA", "AAA", "CC"}),
        ("^v\\d+$", {"v0", "v9", "v" + "0" * 12}),
        ("a|b", {"a", "b"}),
    ],
)
def test_each_way_is_taken_once(pattern: str, texts: set[str]) -> None:
    found = branches(pattern)

    assert texts <= set(found)
    assert all(re.search(pattern, text) for text in found)


@pytest.mark.parametrize("pattern", ["((", "(a+)+$", "(?<=a)b", "[^a-z]{3}", "(a|b){0,9}" * 9])
def test_any_pattern_has_few_texts_or_none(pattern: str) -> None:
    assert len(branches(pattern)) <= 60
