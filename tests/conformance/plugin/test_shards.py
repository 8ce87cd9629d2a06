"""``--shard``: a run judges one share of what was collected."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest

from conformance.plugin.requirement_items import share
from conformance.trials.harness import Harness
from conformance.trials.trial import Trial, Worker


@dataclass
class Item:
    """The part of an item that its share depends on."""

    nodeid: str
    trials: tuple[Trial[Any], ...] = ()
    seconds: float = 0.0


async def play(harness: Harness) -> None:
    """Do nothing."""


def shares(items: list[Item], count: int, seconds: dict[str, float]) -> list[set[str]]:
    made: list[Any] = list(items)
    return [{item.nodeid for item in share(made, n, count, seconds)} for n in range(count)]


def test_each_share_has_a_campaign_and_what_rests_on_one_trial_is_in_one() -> None:
    trial = Trial("reconnect", Worker.OWN, play)
    campaigns = [Item(f"fuzz::payloads-{n}", seconds=60.0) for n in range(3)]
    others = [Item("a", (trial,)), Item("b", (trial,)), Item("c")]

    found = shares([*others, *campaigns], 3, {})

    assert [sum("payloads" in name for name in each) for each in found] == [1, 1, 1]
    assert any({"a", "b"} <= each for each in found)
    assert set().union(*found) == {item.nodeid for item in (*others, *campaigns)}


def test_durations_of_an_earlier_run_balance_the_shares() -> None:
    items = [Item(name, (Trial(name, Worker.OWN, play),)) for name in "abcd"]

    found = shares(items, 2, {"a": 30.0, "b": 10.0, "c": 10.0, "d": 10.0})

    assert sorted(map(sorted, found)) == [["a"], ["b", "c", "d"]]


@pytest.mark.parametrize("count", [1, 2])
def test_without_shares_everything_is_judged(count: int) -> None:
    items = [Item("a"), Item("b")]

    found = shares(items, count, {})

    assert set().union(*found) == {"a", "b"}
    assert len(found) == count
