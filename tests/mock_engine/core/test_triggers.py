"""Bindings and the providers that serve them."""

from __future__ import annotations

from mock_engine.core.triggers import Binding, Move, Triggers, TriggerType
from mock_engine.messages import NULL, RegisterTrigger, RegisterTriggerType

OWNER, HOME, ELSEWHERE = 1, 2, 3


def binding(trigger_namespace: str | None = None) -> Binding:
    spec = RegisterTrigger("t", "tick", "a::b", NULL, trigger_namespace=trigger_namespace)
    return Binding(OWNER, "home", spec)


def provides(peer: int, namespace: str) -> TriggerType:
    return TriggerType(namespace, peer, RegisterTriggerType("tick", ""))


def ways(moves: list[Move]) -> list[tuple[int | None, int | None]]:
    changes = [(move.withdraw, move.offer) for move in moves]
    return [change for change in changes if change != (None, None)]


def test_a_binding_goes_to_the_provider_at_home_before_the_one_in_default() -> None:
    triggers = Triggers()

    assert ways(triggers.bind(binding())) == []
    assert ways(triggers.add_type(provides(ELSEWHERE, "default"))) == [(None, ELSEWHERE)]
    assert ways(triggers.add_type(provides(HOME, "home"))) == [(ELSEWHERE, HOME)]
    assert ways(triggers.lose(HOME)) == [(HOME, ELSEWHERE)]


def test_a_named_namespace_is_exact() -> None:
    triggers = Triggers()
    triggers.bind(binding(trigger_namespace="other"))

    assert triggers.add_type(provides(ELSEWHERE, "default")) == []
    assert ways(triggers.add_type(provides(HOME, "other"))) == [(None, HOME)]


def test_a_binding_that_is_undone_makes_room_for_the_one_it_replaced() -> None:
    triggers = Triggers()
    triggers.bind(binding())
    triggers.bind(binding(trigger_namespace="other"))

    triggers.revert("t")

    assert triggers.bindings["t"].spec.trigger_namespace is None
    triggers.revert("t")
    assert triggers.bindings == {}


def test_the_bindings_of_a_lost_owner_are_withdrawn() -> None:
    triggers = Triggers()
    triggers.add_type(provides(HOME, "home"))
    triggers.bind(binding())

    assert ways(triggers.lose(OWNER)) == [(HOME, None)]
    assert triggers.bindings == {}
