"""How long the suite waits for a worker, depending on its signs of life."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from conformance.trials.vitality import RECENT, Signs, Vitality

WITHIN = 12.0


def given_up(signs: Callable[[int], Signs], load: float = 1.0) -> int:
    """The second in which a worker with these signs of life is given up."""
    vitality = Vitality(WITHIN)
    return next(second for second in range(1, 500) if not vitality.awaits(signs(second), load))


@pytest.mark.parametrize("load", [1.0, 4.0])
def test_a_lifeless_process_gets_no_more_time_on_a_busy_machine(load: float) -> None:
    assert given_up(lambda second: Signs(second), load) == 12


@pytest.mark.parametrize(
    ("signs", "idle", "busy"),
    [
        (lambda second: Signs(second, written=second), 12, 48),
        (lambda second: Signs(second, connections=second), 12, 48),
        (lambda second: Signs(second, computed=0.01 * second), 12, 48),
        (lambda second: Signs(second, computed=0.1 * second), 12, 144),
        (lambda second: Signs(second, computed=0.9 * second), 36, 144),
        (lambda second: Signs(second, computed=None), 12, 48),
    ],
    ids=["writes", "connects", "computes a little", "is held up", "starts up", "cannot be seen"],
)
def test_signs_of_life_give_more_time(signs: Callable[[int], Signs], idle: int, busy: int) -> None:
    assert (given_up(signs), given_up(signs, 4.0)) == (idle, busy)


def test_a_sign_counts_for_a_while() -> None:
    assert given_up(lambda second: Signs(second, written=min(second, 20)), 4.0) == 20 + RECENT + 1
