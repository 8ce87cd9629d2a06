"""Which worker serves which function."""

from __future__ import annotations

from mock_engine.core.registry import Function, Registry
from mock_engine.messages import RegisterFunction

MODULE, FIRST, SECOND = -1, 1, 2


def function(owner: int, function_id: str = "a::b", namespace: str = "default") -> Function:
    return Function(namespace, owner, RegisterFunction(function_id))


def test_a_function_of_a_worker_stands_in_the_way_of_another_workers() -> None:
    registry = Registry()
    registry.add(function(FIRST))

    other = registry.add(function(SECOND))

    assert other == function(FIRST)
    assert registry.find("default", "a::b") == function(FIRST)


def test_a_module_is_shadowed_for_as_long_as_a_worker_stays() -> None:
    registry = Registry()
    registry.add(function(MODULE))

    assert registry.add(function(FIRST)) is None
    assert registry.find("default", "a::b") == function(FIRST)
    registry.remove_all(FIRST)
    assert registry.find("default", "a::b") == function(MODULE)


def test_only_its_owner_removes_a_function() -> None:
    registry = Registry()
    registry.add(function(FIRST))

    registry.remove("default", "a::b", SECOND)

    assert [each.owner for each in registry] == [FIRST]


def test_functions_are_listed_by_namespace_and_id() -> None:
    registry = Registry()
    for each in (function(1, "z", "b"), function(1, "y", "b"), function(1, "z", "a")):
        registry.add(each)

    assert [(each.namespace, each.spec.id) for each in registry] == [
        ("a", "z"),
        ("b", "y"),
        ("b", "z"),
    ]
    assert registry.namespaces_of("z") == ["a", "b"]
