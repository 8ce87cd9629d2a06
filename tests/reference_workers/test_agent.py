from __future__ import annotations

import asyncio
from typing import Any, cast

import pytest

from reference_workers.agent import Agent
from reference_workers.client import Context, FunctionError, Worker

NOBODY = cast("Context", None)


class State:
    """A stand-in for a worker whose engine keeps state, or has none."""

    def __init__(self, kept: dict[str, Any] | None) -> None:
        self.kept = kept

    async def call(self, function_id: str, data: Any, **fields: Any) -> Any:
        assert (function_id, fields["namespace"]) == ("state::get", "default")
        if self.kept is None:
            raise FunctionError("function_not_found", "the engine has no state")
        return self.kept.get(data["key"])

    def cast(self, function_id: str, data: Any, **fields: Any) -> None:
        assert (function_id, fields["namespace"]) == ("state::set", "default")
        if self.kept is not None:
            self.kept[data["key"]] = data["value"]


def an_agent(kept: dict[str, Any] | None) -> Agent:
    return Agent(cast("Worker", State(kept)))


def said(agent: Agent, data: Any) -> Any:
    return asyncio.run(agent.chat(data, NOBODY))


@pytest.mark.parametrize("kept", [{}, None])
def test_a_session_goes_on_from_turn_to_turn(kept: dict[str, Any] | None) -> None:
    agent = an_agent(kept)

    replies = [said(agent, {"session": s, "text": " Hello "}) for s in ("a", "a", "b")]

    assert [reply["turn"] for reply in replies] == [1, 2, 1]
    assert replies[0] == {"session": "a", "turn": 1, "reply": "You said: Hello"}


def test_a_session_outlives_the_worker() -> None:
    kept: dict[str, Any] = {}
    said(an_agent(kept), {"session": "a", "text": "Hello"})

    assert said(an_agent(kept), {"session": "a", "text": "Hello again"})["turn"] == 2


@pytest.mark.parametrize("data", [None, [], {}, {"session": "a"}, {"session": "", "text": "x"}])
def test_what_cannot_be_used_is_refused(data: Any) -> None:
    with pytest.raises(FunctionError, match="missing or no text"):
        said(an_agent({}), data)
