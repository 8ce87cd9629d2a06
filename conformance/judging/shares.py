"""Divides what is to be judged into shares (shards) that take about the same time.

What uses the same trial stays together; otherwise the trial would be played in two shares. Groups
are assigned from the largest on, each to the share that has least to do: no share then takes longer
than four thirds of the optimum (Graham 1969). The division is the same wherever it is computed from
the same durations.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence

from conformance.errors import UsageError

USUAL = 1.0
"""Seconds assumed for a trial of unknown duration."""

SHARE = re.compile(r"([1-9]\d*)/([1-9]\d*)")


def parse(text: str) -> tuple[int, int]:
    """The share that ``2/5`` names: its number, counted from 0, and how many there are.

    Raises:
        UsageError: it has another form.
    """
    found = SHARE.fullmatch(text)
    if found is None or int(found[1]) > int(found[2]):
        raise UsageError(f"--shard is {text!r}; give a share and how many there are, as in 2/5")
    return int(found[1]) - 1, int(found[2])


def divide(
    items: Sequence[Collection[str]], count: int, seconds: Mapping[str, float]
) -> list[list[int]]:
    """Divide items into ``count`` shares of their numbers, in their order.

    An item is given as the names of its trials; ``seconds`` has their durations.
    """
    groups = _groups(items)
    weights = [
        sum(seconds.get(name, USUAL) for name in {n for i in group for n in items[i]}) or USUAL
        for group in groups
    ]
    shares: list[list[int]] = [[] for _ in range(count)]
    loads = [0.0] * count
    for number in sorted(range(len(groups)), key=lambda n: (-weights[n], groups[n])):
        lightest = loads.index(min(loads))
        shares[lightest] += groups[number]
        loads[lightest] += weights[number]
    return [sorted(share) for share in shares]


def _groups(items: Sequence[Collection[str]]) -> list[list[int]]:
    """The numbers of items that have a trial in common, directly or through others."""
    group_of: dict[str, list[int]] = {}
    groups: dict[int, list[int]] = {}
    for number, names in enumerate(items):
        group = [number]
        for other in {id(group_of[n]): group_of[n] for n in names if n in group_of}.values():
            group += other
            del groups[id(other)]
        for member in group:
            for name in items[member]:
                group_of[name] = group
        groups[id(group)] = group
    return [sorted(group) for group in groups.values()]
