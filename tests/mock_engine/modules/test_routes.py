"""Which request reaches which route."""

from __future__ import annotations

from typing import Any

import pytest

from mock_engine.failures import Failure
from mock_engine.messages import ABSENT
from mock_engine.modules.base import Bound
from mock_engine.modules.routes import Route, Routes


def route(pattern: Any, method: str = "GET", trigger_id: str = "t") -> Route:
    config = {"api_path": pattern, "http_method": method}
    return Route.of(Bound(trigger_id, "http", "a::b", None, config, ABSENT))


@pytest.mark.parametrize(
    ("pattern", "path", "parameters"),
    [
        ("users/:id", "/users/7", {"id": "7"}),
        ("/users/:id", "/users/a%20b", {"id": "a%20b"}),
        ("/", "/", {}),
        ("a/:b/c/:d", "/a//c/x", {}),
    ],
)
def test_a_pattern_catches_its_paths(pattern: str, path: str, parameters: Any) -> None:
    assert route(pattern).catches(path)
    assert route(pattern).parameters(path) == parameters


@pytest.mark.parametrize("path", ["/users", "/users/7/", "/user/7", "/users/7/posts"])
def test_a_pattern_catches_nothing_else(path: str) -> None:
    assert not route("users/:id").catches(path)


def test_a_literal_segment_is_preferred_to_a_parameter() -> None:
    routes = Routes()
    routes.add(route("users/:id", trigger_id="any"))
    routes.add(route("users/me", trigger_id="me"))

    found = [routes.find("GET", path) for path in ("/users/me", "/users/7")]

    assert [r.bound.id for r in found if r is not None] == ["me", "any"]


def test_the_last_registration_has_the_route_and_leaves_none_behind() -> None:
    routes = Routes()
    first, second = route("x", trigger_id="first"), route("x", trigger_id="second")
    routes.add(first)
    routes.add(second)

    routes.remove(first.bound)
    kept = routes.find("GET", "/x")
    routes.remove(second.bound)

    assert kept is not None
    assert kept.bound.id == "second"
    assert routes.find("GET", "/x") is None


def test_a_binding_made_again_elsewhere_leaves_its_first_route_behind() -> None:
    routes = Routes()
    again = route("there")
    routes.add(route("here"))
    routes.add(again)

    routes.remove(again.bound)

    assert routes.find("GET", "/here") is not None
    assert routes.find("GET", "/there") is None


def test_methods_of_a_path() -> None:
    routes = Routes()
    routes.add(route("x"))
    routes.add(route("x", "post"))

    assert routes.methods("/x") == ["GET", "HEAD", "POST"]
    assert routes.methods("/y") == []


@pytest.mark.parametrize(
    ("pattern", "method", "complaint"),
    [(None, "GET", "api_path is required"), ("a/*b", "GET", "wildcards")],
)
def test_what_cannot_be_served_is_refused(pattern: Any, method: str, complaint: str) -> None:
    with pytest.raises(Failure, match=complaint):
        route(pattern, method)


def test_other_parameter_names_conflict() -> None:
    routes = Routes()
    routes.add(route("s/:a"))

    with pytest.raises(Failure, match="conflicts with already-registered route 'GET s/:a'"):
        routes.add(route("s/:b"))


@pytest.mark.parametrize("path", ["/users/", "/users//"])
def test_the_last_parameter_is_never_empty(path: str) -> None:
    assert not route("users/:id").catches(path)


@pytest.mark.parametrize(
    ("pattern", "path"),
    [
        ("users/{id}", "/users/7"),
        ("files/{*rest}", "/files/a/b/c"),
        ("files/{*rest}", "/files/a"),
        ("a/b*c", "/a/b*c"),
    ],
)
def test_parameters_in_braces_catch_and_are_not_told(pattern: str, path: str) -> None:
    assert route(pattern).catches(path)
    assert route(pattern).parameters(path) == {}


@pytest.mark.parametrize("path", ["/files", "/files/"])
def test_what_follows_is_at_least_something(path: str) -> None:
    assert not route("files/{*rest}").catches(path)
