"""Calls that wait while functions are tried at the same time."""

from __future__ import annotations

from typing import Any

from conformance.trials.holding import HeldCall
from conformance.trials.learning.relays import Watch


class Call(HeldCall):
    """A call that notes what becomes of it."""

    def __init__(self, function_id: str) -> None:
        self.message = {"function_id": function_id}
        self.fate: list[Any] = []

    def let_go(self) -> None:
        self.fate.append("the engine")

    def answer(self, result: Any = None) -> None:
        self.fate.append(result)


def test_the_first_call_is_answered_and_the_others_are_passed_on() -> None:
    watch, first, second, late = Watch(None), Call("state::get"), Call("state::set"), Call("a::b")
    watch.take(first)
    watch.take(second)

    assert first.fate == second.fate == []

    watch.release(lambda call: call.answer(7))
    watch.take(late)

    assert (first.fate, second.fate, late.fate) == ([7], ["the engine"], ["the engine"])


def test_only_calls_of_the_target_wait() -> None:
    watch, read, write = Watch("state::set"), Call("state::get"), Call("state::set")
    watch.take(read)
    watch.take(write)

    assert (read.fate, write.fate) == (["the engine"], [])
    assert watch.calls == [write]
