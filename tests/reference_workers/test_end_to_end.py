"""Nothing that was acknowledged is lost: workers and the engine are killed while they work."""

from __future__ import annotations

import os
import signal
import threading
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.reference_workers.calling import called
from tests.reference_workers.systems import FREE, System, eventually, system

pytest.importorskip("wasmtime", reason="the extra `agents` is not installed")

SESSIONS = ("ada", "bob", "eve")


class Talk:
    """A client that keeps talking in a session, and records what was acknowledged."""

    def __init__(self, url: str, session: str) -> None:
        self.acknowledged: list[str] = []
        self.refused = 0
        self._stop = threading.Event()
        self._url, self._session = url, session
        self._thread = threading.Thread(target=self._go_on)
        self._thread.start()

    def stop(self) -> None:
        self._stop.set()
        self._thread.join()

    def _go_on(self) -> None:
        number = 0
        with httpx.Client(base_url=self._url, timeout=60) as client:
            while not self._stop.is_set():
                number += 1
                text = f"What is {number} * {number}? ({self._session})"
                if self._say(client, text) == f"math::evaluate says: {number * number}":
                    self.acknowledged.append(text)
                else:
                    self.refused += 1
                    self._stop.wait(0.1)

    def _say(self, client: httpx.Client, text: str) -> str | None:
        body = {"user": self._session, "messages": [{"role": "user", "content": text}]}
        try:
            answer = client.post("/v1/chat/completions", json=body)
        except httpx.HTTPError:
            return None
        if answer.status_code != 200:
            return None
        return str(answer.json()["choices"][0]["message"]["content"])


def call(there: System, function_id: str, **data: Any) -> Any:
    """The result of a function, through the current engine."""
    return called(there.told()["url"], function_id, data)


def test_nothing_acknowledged_is_lost_when_processes_are_killed(tmp_path: Path) -> None:
    with system(tmp_path, *FREE) as there:
        there.until("ready: 13 workers")
        url = there.told()["http"]
        talks = [Talk(url, session) for session in SESSIONS]
        try:
            for name in ("memory", "security", "agent_core", "engine", "tools"):
                before = sum(len(talk.acknowledged) for talk in talks)
                eventually(lambda: sum(len(t.acknowledged) for t in talks) > before + 3)  # noqa: B023
                there.kill(name)
            before = sum(len(talk.acknowledged) for talk in talks)
            eventually(lambda: sum(len(t.acknowledged) for t in talks) > before + 3)
        finally:
            for talk in talks:
                talk.stop()

        for session, talk in zip(SESSIONS, talks, strict=True):
            turns = call(there, "replay::get", session=session)["turns"]
            assert set(talk.acknowledged) <= {turn["text"] for turn in turns}
            numbers = [turn["turn"] for turn in turns]
            assert numbers == sorted(set(numbers))
            for text in talk.acknowledged:
                asked = {"agent": "default", "session": session, "query": text, "limit": 1}
                assert call(there, "memory::recall", **asked)["memories"][0]["text"] == text
        told = call(there, "security::verify_audit")
        assert told["valid"] is True
        assert told["entries"] >= sum(len(talk.acknowledged) for talk in talks)


def test_what_waits_in_the_queue_outlives_agent_and_engine(tmp_path: Path) -> None:
    with system(tmp_path, *FREE) as there:
        there.until("ready: 13 workers")
        texts = [f"What is {n} + {n}?" for n in range(12)]
        for text in texts:
            message = {"topic": "agent.inbox", "data": {"session": "queue", "text": text}}
            call(there, "iii::durable::publish", **message)
        os.kill(there.pid("agent_core"), signal.SIGKILL)
        there.until("agent_core: waiting")
        there.kill("engine")

        def answered() -> Any:
            try:
                turns = call(there, "replay::get", session="queue")["turns"]
            except Exception:
                return None
            found = {turn["text"]: turn["reply"] for turn in turns}
            return found if set(texts) <= found.keys() else None

        found = eventually(answered)
        assert found[texts[7]] == "math::evaluate says: 14"
        assert call(there, "security::verify_audit")["valid"] is True


def test_a_mission_goes_on_after_its_worker_and_the_engine_were_killed(tmp_path: Path) -> None:
    with system(tmp_path, "mission", *FREE) as there:
        there.until("ready: 1 workers")
        call(there, "mission::create", id="cups", title="Count the cups", lease_seconds=1)
        held = call(there, "mission::checkout", worker="ada")
        there.kill("engine")
        there.kill("mission")

        def pending() -> Any:  # the worker's schedule returns it
            (mission,) = call(there, "mission::list")["missions"]
            return mission["status"] == "pending" and mission

        assert eventually(pending)["attempts"] == 1
        assert call(there, "mission::checkout", worker="bob")["holder"] != held["holder"]
