"""Calls with the action ``enqueue``."""

from __future__ import annotations

from typing import Any

from tests.mock_engine.core.playing import CALLER, ID, OWNER, Play, invoke, register

ENQUEUED: dict[str, Any] = {"action": {"type": "enqueue", "queue": "q"}}


def test_without_a_provider_the_caller_gets_an_error() -> None:
    ((_, answer),) = Play(CALLER).say(CALLER, invoke("a::b", {}, ID + "1", **ENQUEUED))

    assert answer["error"]["code"] == "enqueue_error"
    assert "engine::queue::enqueue" in answer["error"]["message"]


def test_a_provider_gets_the_job_and_the_caller_a_receipt() -> None:
    play = Play(OWNER, CALLER)
    play.say(OWNER, register("engine::queue::enqueue"))

    ((_, job),) = play.say(CALLER, invoke("a::b", {"n": 1}, ID + "1", **ENQUEUED))
    answer = {"invocation_id": job["invocation_id"], "function_id": job["function_id"]}
    ((peer, receipt),) = play.say(OWNER, {"type": "invocationresult", "result": {}, **answer})

    assert job["data"]["queue"] == "q"
    assert job["data"]["data"] == {"n": 1}
    assert peer == CALLER
    assert receipt["result"] == {"messageReceiptId": job["data"]["messageReceiptId"]}
