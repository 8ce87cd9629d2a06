from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conformance.scenarios.happenings import Happening
from conformance.scenarios.play import Do, Play, Wait
from conformance.scenarios.reading import parse

HEAD = "scenario: 1\ntitle: t\nsteps:\n - start: {}\n"


def played(steps: str) -> Play:
    """A play whose worker was started and connected as number 1, after its first actions."""
    play = Play(parse(HEAD + steps, "a.yaml"), {}, iter("abcdef").__next__)
    assert isinstance(play.move(), Do)
    play.started("worker")
    play.heard(Happening(0.0, "connects", 1, {"path": "/"}))
    play.did()
    return play


def say(play: Play, value: Any, source: int = 1, at: float = 1.0) -> None:
    play.heard(Happening(at, "message", source, value))


def test_a_message_that_fits_ends_the_wait() -> None:
    play = played(" - worker: {a: 1}\n")
    assert isinstance(play.move(), Wait)

    say(play, {"a": 2})
    assert not play.settled
    say(play, {"a": 1, "b": 2})

    assert play.settled
    play.waited(1.0)
    assert play.move() is None
    assert play.failure is None


def test_what_came_early_counts_but_only_in_order() -> None:
    play = played(" - worker: {a: 2}\n - worker: {a: 1}\n")
    say(play, {"a": 1})
    say(play, {"a": 2})

    assert isinstance(play.move(), Wait)
    play.waited(3.0)

    assert play.failure is not None
    assert "within 3.0 s" in play.failure.seen


def test_connections_do_not_hold_each_other_up() -> None:
    play = played(" - worker: {a: 2}\n - worker: {a: 1}\n")
    say(play, {"a": 1}, source=1)
    say(play, {"a": 2}, source=2)

    assert play.move() is None
    assert play.failure is None


@given(st.permutations([1, 2, 3]))
def test_a_group_takes_its_messages_in_any_order(order: list[int]) -> None:
    play = played(" - unordered: [{worker: {a: 1}}, {worker: {a: 2}}, {worker: {a: 3}}]\n")
    play.move()
    for number in order:
        assert not play.settled
        say(play, {"a": number})

    assert play.settled


def test_a_group_tells_which_one_is_missing() -> None:
    play = played(" - unordered: [{worker: {a: 1}}, {worker: {a: 2}}]\n")
    play.move()
    say(play, {"a": 1})
    play.waited(2.0)

    assert play.failure is not None
    assert "a: 2" in play.failure.expected


def test_a_fresh_id_is_bound() -> None:
    play = played(" - engine: {id: {$new: x}}\n - worker: {id: '${x}'}\n")
    move = play.move()
    assert isinstance(move, Do)
    assert move.what == {"id": "a"}
    play.did()
    say(play, {"id": "a"})

    assert play.move() is None


def test_never_looks_at_what_comes_after_the_last_message_that_was_taken() -> None:
    steps = " - worker: {a: 1}\n - never: {worker: {a: 1}}\n   within: 1\n"
    once, twice = played(steps), played(steps)
    for play, count in ((once, 1), (twice, 2)):
        play.move()
        for _ in range(count):
            say(play, {"a": 1})
        play.waited(0.1)
        if play.failure is None and isinstance(play.move(), Wait):
            play.waited(1.0)
        assert play.move() is None

    assert once.failure is None
    assert twice.failure is not None
    assert twice.failure.step.kind == "never"


def test_never_holds_until_a_step_is_through() -> None:
    steps = (
        " - never: {worker: {bad: true}}\n   until: last\n"
        " - worker: {a: 1}\n   id: last\n - worker: {a: 2}\n"
    )
    early, late = played(steps), played(steps)
    early.move()
    say(early, {"bad": True})
    late.move()
    say(late, {"a": 1})
    late.waited(0.1)
    late.move()
    say(late, {"bad": True})

    assert early.failure is not None
    assert late.failure is None


def test_the_end_of_the_worker_ends_the_wait() -> None:
    play = played(" - worker: {a: 1}\n")
    play.move()
    play.heard(Happening(2.0, "exits", "worker", 3))
    assert play.failure is None  # messages that it sent before may still arrive
    play.heard(Happening(2.0, "leaves", 1, {"how": "end", "code": None}))

    assert play.failure is not None
    assert "exit code 3" in play.failure.seen


def test_the_first_message_must_be_the_one_that_is_asked_for() -> None:
    play = played(" - worker: {type: reattach}\n   first: true\n")
    play.move()
    play.heard(Happening(1.0, "message", 1, {"type": "registerfunction"}, first=True))

    assert play.failure is not None
    assert [d.path for d in play.failure.differences] == ["type"]


@pytest.mark.parametrize("seen", [{"type": "x", "a": 1}, {"type": "y", "a": 2}])
def test_what_came_closest_is_told(seen: dict[str, Any]) -> None:
    play = played(" - worker: {type: x, a: 2}\n")
    play.move()
    say(play, {"type": "z"})
    say(play, seen)
    play.waited(1.0)

    assert play.failure is not None
    assert play.failure.closest is not None
    assert play.failure.closest.value == seen


STEPS = st.lists(st.integers(0, 3), min_size=1, max_size=5)


@given(STEPS, st.lists(st.integers(0, 3), max_size=12))
def test_steps_go_through_exactly_when_their_messages_come_in_order(
    wanted: list[int], said: list[int]
) -> None:
    play = played("".join(f" - worker: {{a: {number}}}\n" for number in wanted))
    for number in said:
        say(play, {"a": number})
    while play.move() is not None:
        play.waited(1.0)

    rest = iter(said)
    assert (play.failure is None) == all(number in rest for number in wanted)
