"""``python -m tests.reference_workers.diagram`` records a chat and draws it into the documentation.

One question is sent over HTTP to the system on an in-process engine. The diagram is made from the
engine's transcript; the engine itself appears only where one of its modules is used, because
everything else goes through it, too.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from mock_engine.testing import LocalEngine
from mock_engine.transcript import Direction, Event, Message
from reference_workers.system.roster import ROSTER
from tests.reference_workers.services import MODULES
from tests.reference_workers.systems import system

PAGE = Path(__file__).parents[2] / "docs" / "agent-system.md"
BLOCK = re.compile(r"(?<=```mermaid\n).*?(?=^```$)", re.DOTALL | re.MULTILINE)
QUESTION = {"messages": [{"role": "user", "content": "What is 12 * 12?"}], "user": "ada"}
ANSWERED = "math::evaluate says: 144"
ROUTE = "/v1/chat/completions"
CLIENT, ENGINE = "client", "engine"
BESIDE = ("session_replay", "swarm", "supervisor")
"""Workers that take no part in a chat, or only while the answer is already on its way."""


@dataclass(frozen=True, slots=True)
class Arrow:
    """A call or its answer."""

    sender: str
    receiver: str
    text: str
    answer: bool = False

    def __str__(self) -> str:
        line = "-->>" if self.answer else "->>"
        return f"    {self.sender}{line}{self.receiver}: {self.text}"


@contextmanager
def on_an_engine(folder: Path) -> Iterator[LocalEngine]:
    """The whole system, ready, on an in-process engine."""
    with (
        LocalEngine({"workers": [{"name": name} for name in MODULES]}) as engine,
        system(folder, "--url", engine.url) as there,
    ):
        there.until(f"ready: {len(ROSTER)} workers")
        for route in ("chat_completions", "models", "health"):
            engine.wait_for_trigger("http", f"api::{route}")
        yield engine


def chat(engine: LocalEngine) -> tuple[Any, list[Event]]:
    """Ask the question; return the answer, and what happened on the wire meanwhile and before."""
    begun = len(engine.transcript)
    answer = httpx.post(f"{engine.http_url}{ROUTE}", json=QUESTION, timeout=60)
    assert answer.status_code == 200, answer.text
    return answer.json(), engine.transcript[begun:]


def names(engine: LocalEngine) -> dict[int, str]:
    """The names of the workers, by connection number."""
    announced = (e for e in engine.transcript if isinstance(e, Message))
    return {
        event.connection: str(event.json["data"]["name"]).partition(":")[0]
        for event in announced
        if isinstance(event.json, dict)
        and event.json.get("function_id") == "engine::workers::register"
        and event.direction is Direction.FROM_WORKER
    }


def arrows(events: Sequence[Event], workers: dict[int, str]) -> list[Arrow]:
    """The calls with a waiting caller, and their answers, in order."""
    found = [Arrow(CLIENT, "api", f"POST {ROUTE}")]
    callers: dict[str, str] = {}
    for event in events:
        if not isinstance(event, Message) or not isinstance(message := event.json, dict):
            continue
        if not message.get("invocation_id"):
            continue
        worker, known = workers[event.connection], str(message["invocation_id"])
        sent = event.direction is Direction.FROM_WORKER
        if worker in BESIDE:
            continue
        function_id = str(message["function_id"])
        if message["type"] == "invokefunction" and sent:
            callers[known] = worker
            if function_id.startswith(("state::", "stream::", "engine::")):
                found.append(Arrow(worker, ENGINE, function_id))
        elif message["type"] == "invokefunction" and known in callers:
            found.append(Arrow(callers[known], worker, function_id))
        elif message["type"] == "invocationresult" and sent and known in callers:
            found.append(Arrow(worker, callers[known], brief(message), answer=True))
    return [*found, Arrow("api", CLIENT, "200, the answer", answer=True)]


def brief(message: dict[str, Any]) -> str:
    """The part of an answer that helps to follow the conversation."""
    if "error" in message:
        return f"error {message['error']['code']}"
    result = message["result"]
    if "reply" in result:
        return json.dumps({"reply": result["reply"]})
    if calls := result.get("message", {}).get("tool_calls"):
        return f"use {calls[0]['function']['name']} {calls[0]['function']['arguments']}"
    if "message" in result:
        return str(result["message"]["content"])
    told = {n: v for n, v in result.items() if n in TOLD and isinstance(v, bool | str | int | dict)}
    return json.dumps(told) if told else ", ".join(result)


TOLD = ("allowed", "suspicious", "status", "result", "value")


def drawn(found: Sequence[Arrow]) -> str:
    """The diagram in Mermaid's language."""
    order = [CLIENT, *reversed(ROSTER), ENGINE]
    taking = {name for arrow in found for name in (arrow.sender, arrow.receiver)}
    lines = [f"    participant {name}" for name in order if name in taking]
    # In Mermaid a semicolon ends a statement, and a hash begins an entity.
    texts = (str(arrow).replace("#", "").replace(";", ",") for arrow in found)
    return "\n".join(["sequenceDiagram", *lines, *texts]) + "\n"


def main() -> int:
    """Draw the diagram again."""
    import tempfile

    with tempfile.TemporaryDirectory() as folder, on_an_engine(Path(folder)) as engine:
        _, events = chat(engine)
        made = drawn(arrows(events, names(engine)))
    text = PAGE.read_text("utf-8")
    PAGE.write_text(BLOCK.sub(lambda _: made, text), "utf-8")
    return subprocess.call(["git", "diff", "--stat", str(PAGE)])


if __name__ == "__main__":
    sys.exit(main())
