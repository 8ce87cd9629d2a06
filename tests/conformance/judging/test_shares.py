"""The items to judge are divided into shares that take about the same time."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conformance.errors import UsageError
from conformance.judging.shares import divide, parse

NAMES = st.sampled_from("abcdefghijkl")


@given(
    items=st.lists(st.frozensets(NAMES, min_size=1, max_size=3), max_size=12),
    count=st.integers(1, 5),
    seconds=st.dictionaries(NAMES, st.floats(0, 100)),
)
def test_every_item_is_in_one_share_and_no_trial_in_two(
    items: list[frozenset[str]], count: int, seconds: dict[str, float]
) -> None:
    shares = divide(items, count, seconds)

    assert len(shares) == count
    assert sorted(number for share in shares for number in share) == list(range(len(items)))
    played = [{name for number in share for name in items[number]} for share in shares]
    assert sum(map(len, played)) == len(set().union(*played))
    assert shares == divide(items, count, seconds)


@given(weights=st.lists(st.floats(0.1, 100), min_size=1, max_size=20), count=st.integers(1, 5))
def test_no_share_takes_much_longer_than_it_must(weights: list[float], count: int) -> None:
    items = [[str(number)] for number in range(len(weights))]
    seconds = {str(number): weight for number, weight in enumerate(weights)}

    shares = divide(items, count, seconds)

    longest = max(sum(weights[number] for number in share) for share in shares)
    least = max(sum(weights) / count, max(weights))
    assert longest <= sum(weights) / count + max(weights)
    assert longest <= least * 4 / 3 * (1 + 1e-9) or len(weights) > count


def test_a_share_is_named_by_its_number_and_how_many_there_are() -> None:
    assert parse("2/5") == (1, 5)


@pytest.mark.parametrize("text", ["", "2", "0/5", "6/5", "2/0", "a/b", "2/5/1"])
def test_anything_else_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match="as in 2/5"):
        parse(text)
