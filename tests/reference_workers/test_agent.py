from __future__ import annotations

import asyncio
from typing import Any, cast

import pytest

from reference_workers.agent import Agent
from reference_workers.client import Context, FunctionError

NOBODY = cast("Context", None)


def said(agent: Agent, data: Any) -> Any:
    return asyncio.run(agent.chat(data, NOBODY))


def test_a_session_goes_on_from_turn_to_turn() -> None:
    agent = Agent()

    replies = [said(agent, {"session": s, "text": " Hello "}) for s in ("a", "a", "b")]

    assert [reply["turn"] for reply in replies] == [1, 2, 1]
    assert replies[0] == {"session": "a", "turn": 1, "reply": "You said: Hello"}


@pytest.mark.parametrize("data", [None, [], {}, {"session": "a"}, {"session": "", "text": "x"}])
def test_what_cannot_be_used_is_refused(data: Any) -> None:
    with pytest.raises(FunctionError, match="missing or no text"):
        said(Agent(), data)
