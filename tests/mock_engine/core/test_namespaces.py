"""Namespaces that are given, but blank."""

from __future__ import annotations

from typing import Any

import pytest

from tests.mock_engine.core.playing import CALLER, ID, OWNER, Play, invoke, register

VOID: dict[str, Any] = {"action": {"type": "void"}}
ENQUEUE: dict[str, Any] = {"action": {"type": "enqueue", "queue": "q"}}


@pytest.mark.parametrize("kind", [{}, VOID, ENQUEUE])
@pytest.mark.parametrize("known", [ID + "1", None])
def test_a_blank_namespace_is_refused_in_a_call_of_any_kind(
    kind: dict[str, Any], known: str | None
) -> None:
    play = Play(OWNER, CALLER)
    play.say(OWNER, register("a::b"))

    ((peer, answer),) = play.say(CALLER, invoke("a::b", {}, known, namespace=" ", **kind))

    assert peer == CALLER
    assert answer["error"]["code"] == "INVALID_NAMESPACE"
    assert answer["invocation_id"] == (known or answer["invocation_id"])
