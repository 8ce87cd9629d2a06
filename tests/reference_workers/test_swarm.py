from __future__ import annotations

import threading
from typing import Any

import pytest

from mock_engine.testing import FunctionFailed
from reference_workers import swarm
from tests.reference_workers.services import Services, services

COUNCIL = {"id": "council", "agents": ["ada", "bob", "eve"], "quorum": 2}


def replies(**said: Any) -> Any:
    """A stand-in for ``agent::chat``: a reply for each agent, or its failure."""

    def chat(data: Any) -> Any:
        reply = said[data["agent"]]
        if isinstance(reply, Exception):
            raise reply
        return {"reply": reply}

    return chat


def asked(there: Services, **fields: Any) -> Any:
    return there.call("swarm::coordinate", {"id": "council", "text": "Tea?", **fields})


def test_a_quorum_of_answers_is_enough() -> None:
    with services(swarm.offer) as there:
        there.engine.serve("agent::chat", replies(ada="yes", bob="no", eve="yes"))
        there.call("swarm::create", COUNCIL)
        told = asked(there)
        assert told["quorum"] is True
        assert len(told["answers"]) >= 2
        assert set(told["answers"]) | set(told["missing"]) == {"ada", "bob", "eve"}
        for _ in range(3):  # until all have answered
            there.engine.expect("invocationresult", function_id="swarm::work")
        whole = there.call("swarm::status", task=told["task"])
        assert (whole["agreed"], whole["missing"]) == ("yes", [])


def test_without_a_majority_nothing_is_agreed_upon() -> None:
    with services(swarm.offer) as there:
        there.engine.serve("agent::chat", replies(ada="a", bob="b", eve="c"))
        there.call("swarm::create", COUNCIL | {"quorum": 3})
        told = asked(there)
        assert (told["quorum"], told["agreed"]) == (True, None)


def test_an_agent_that_fails_is_an_answer() -> None:
    no = FunctionFailed("injection_suspected", "no")
    with services(swarm.offer) as there:
        there.engine.serve("agent::chat", replies(ada="yes", bob=no, eve=no))
        there.call("swarm::create", COUNCIL)
        told = asked(there)
        assert (told["quorum"], told["missing"]) == (False, [])
        assert told["answers"]["bob"]["error"]["code"] == "injection_suspected"


def test_the_time_limit_ends_the_waiting() -> None:
    with services(swarm.offer) as there:
        there.call("swarm::create", COUNCIL)
        told = asked(there, seconds=0.05)
        assert (told["quorum"], told["missing"]) == (False, ["ada", "bob", "eve"])


def test_a_share_whose_agent_is_away_is_tried_again() -> None:
    with services(swarm.offer) as there:
        there.call("swarm::create", COUNCIL | {"agents": ["ada"], "quorum": 1})
        found: dict[str, Any] = {}
        waiting = threading.Thread(target=lambda: found.update(asked(there)))
        waiting.start()
        there.engine.expect("invocationresult", function_id="swarm::work")
        there.engine.serve("agent::chat", replies(ada="late"))
        waiting.join(30)
        assert found["answers"] == {"ada": {"reply": "late"}}


def test_a_share_is_answered_once() -> None:
    with services(swarm.offer) as there:
        there.engine.serve("agent::chat", replies(ada="yes"))
        there.call("swarm::create", COUNCIL | {"agents": ["ada"], "quorum": 1})
        task = asked(there)["task"]
        share = {"task": task, "agent": "ada", "text": "Tea?"}
        assert there.call("swarm::work", share) == {"answered": False}


@pytest.mark.parametrize(
    ("data", "code"),
    [
        ({"id": "x", "agents": []}, "invalid_request"),
        ({"id": "x", "agents": ["a"], "quorum": 2}, "invalid_request"),
        ({"agents": ["a"]}, "invalid_request"),
    ],
)
def test_what_cannot_be_used_is_refused(data: Any, code: str) -> None:
    with services(swarm.offer) as there:
        assert there.refusal("swarm::create", data)[0] == code
        assert there.refusal("swarm::coordinate", id="none", text="x")[0] == "not_found"
        assert there.refusal("swarm::status", task="none")[0] == "not_found"
