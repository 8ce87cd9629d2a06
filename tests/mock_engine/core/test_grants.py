"""What a guarded session may do, decided without an engine."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import Raw

from mock_engine.core.grants import Exposure, Grant, Policy, matches
from mock_engine.messages import ABSENT, payload

POLICY = Policy.of(
    {
        "rbac": {
            "auth_function_id": "auth",
            "expose_functions": ['match("public::*")', {"metadata": {"public": True}}],
        }
    }
)


def grant(**answer: Any) -> Grant:
    assert POLICY is not None
    return Grant.of(POLICY, answer)


def test_a_port_without_rbac_is_not_guarded() -> None:
    assert Policy.of({"middleware_function_id": "m"}) is None


@pytest.mark.parametrize("entry", ["public::*", "match(public)", {"meta": {}}, 5, None])
def test_an_exposure_that_is_neither_a_pattern_nor_metadata_is_refused(entry: Any) -> None:
    with pytest.raises(ValueError, match=r"expected `match|unknown key `meta`"):
        Exposure.of(entry)


@pytest.mark.parametrize(
    ("function_id", "metadata", "allowed"),
    [
        ("public::a", ABSENT, True),
        ("private::a", ABSENT, False),
        ("private::a", payload({"public": True, "more": 1}), True),
        ("private::a", payload({"public": False}), False),
        ("private::a", payload([1]), False),
        ("engine::log::info", ABSENT, True),
        ("engine::workers::register", ABSENT, True),
        ("engine::workers::list", ABSENT, False),
        ("engine::register_trigger", ABSENT, False),
        ("engine::logs::list", ABSENT, False),
    ],
)
def test_functions_are_exposed_by_pattern_and_by_metadata(
    function_id: str, metadata: Raw, allowed: bool
) -> None:
    assert grant().may_call(function_id, "default", metadata) is allowed


def test_what_is_forbidden_by_name_is_forbidden_even_if_exposed_or_infrastructure() -> None:
    session = grant(forbidden_functions=["public::a", "engine::log::info"])

    assert not session.may_call("public::a", "default", ABSENT)
    assert not session.may_call("engine::log::info", "default", ABSENT)
    assert "remove from rbac.forbidden_functions" in session.refusal("public::a")
    assert "add to rbac.expose_functions" in session.refusal("private::a")


def test_allowed_functions_are_exact_and_of_the_default_namespace() -> None:
    session = grant(allowed_functions=["private::a", "other::*"])

    assert session.may_call("private::a", "default", ABSENT)
    assert not session.may_call("private::a", "orders", ABSENT)
    assert not session.may_call("other::a", "default", ABSENT)


def test_namespaces_grant_functions_by_pattern_and_limit_the_announcement() -> None:
    session = grant(namespaces={"orders": ["n*"], "billing": []})

    assert session.may_call("n1", "orders", ABSENT)
    assert not session.may_call("m1", "orders", ABSENT)
    assert not session.may_call("n1", "default", ABSENT)
    assert session.home_refusal("orders") is None
    assert session.home_refusal("default") == (
        "namespace 'default' not allowed for this session (permitted: billing, orders)"
    )


def test_a_prefix_is_added_for_the_engine_and_taken_away_for_the_session() -> None:
    session = grant(function_registration_prefix="tenant")

    assert session.stored("a::b") == "tenant::a::b"
    assert session.bare("tenant::a::b") == "a::b"
    assert grant().stored("a::b") == grant().bare("a::b") == "a::b"


@pytest.mark.parametrize(
    ("answer", "complaint"),
    [
        ("yes", 'invalid type: string "yes", expected struct AuthResult'),
        ({"allowed_functions": "all"}, 'invalid type: string "all", expected a sequence'),
        ({"allowed_functions": [1]}, "invalid type: integer `1`, expected a string"),
        ({"allowed_functions": None}, "invalid type: null, expected a sequence"),
        ({"namespaces": {"a": 1}}, "invalid type: integer `1`, expected a sequence"),
        ({"allow_function_registration": 1}, "invalid type: integer `1`, expected a boolean"),
    ],
)
def test_a_malformed_answer_is_refused_with_what_was_expected(answer: Any, complaint: str) -> None:
    assert POLICY is not None
    with pytest.raises(ValueError, match="invalid type") as fault:
        Grant.of(POLICY, answer)

    assert str(fault.value) == complaint


TEXTS = st.text(alphabet="ab:.[?", max_size=6)


@given(st.lists(TEXTS, min_size=1, max_size=4), TEXTS)
def test_a_pattern_fits_whatever_stands_for_its_stars(parts: list[str], filling: str) -> None:
    assert matches("*".join(parts), filling.join(parts))


@given(TEXTS, TEXTS)
def test_a_pattern_without_a_star_fits_itself_alone(one: str, other: str) -> None:
    assert matches(one, other) is (one == other)
