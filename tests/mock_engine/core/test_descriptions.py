"""How functions, workers and triggers are described."""

from __future__ import annotations

from typing import Any

import pytest

from mock_engine.core.descriptions import (
    binding_summary,
    first_part,
    function_summary,
    is_internal,
    worker_summary,
)
from mock_engine.core.registry import Function
from mock_engine.core.triggers import Binding
from mock_engine.messages import ABSENT, RegisterFunction, RegisterTrigger, payload
from tests.mock_engine.core.playing import OWNER, Play


@pytest.mark.parametrize(
    ("function_id", "metadata", "hidden"),
    [
        ("a::b", ABSENT, False),
        ("a::b", payload({"internal": True}), True),
        ("a::b", payload({"internal": "yes"}), False),
        ("a::b", payload([]), False),
        ("engine::workers::list", ABSENT, True),
        ("engine::queue::enqueue", ABSENT, False),
    ],
)
def test_what_is_hidden_says_so_or_is_the_engines(
    function_id: str, metadata: Any, hidden: bool
) -> None:
    assert is_internal(Function("d", 1, RegisterFunction(function_id, metadata=metadata))) is hidden


def test_a_function_without_a_description_has_no_such_field() -> None:
    play = Play(OWNER)

    row = function_summary(play.core, Function("default", OWNER, RegisterFunction("a::b")))

    assert row == {"function_id": "a::b", "namespace": "default", "worker_name": "worker-1"}


def test_a_long_configuration_is_cut_in_its_summary() -> None:
    spec = RegisterTrigger("t", "tick", "a::b", payload({"b": "x" * 100, "a": 1}))

    row = binding_summary(Play().core, Binding(1, "default", spec, 0))

    assert row["config_summary"].startswith('{"a":1,"b":"xxx')
    assert len(row["config_summary"]) == 81
    assert row["worker_name"] == first_part("a::b") == "a"


def test_a_worker_that_asks_is_busy_with_that() -> None:
    play = Play(OWNER)
    peer = play.core.peers[OWNER]

    assert worker_summary(play.core, peer, asking=peer)["active_invocations"] == 1
    assert worker_summary(play.core, peer, asking=play.core.peers[0])["active_invocations"] == 0
