"""Drives a core with JSON, for tests of the core."""

from __future__ import annotations

import json
from typing import Any

from mock_engine.core import Action, CloseSession, Core, Cut, Send, Wake
from mock_engine.decoding import decode
from mock_engine.messages import encode

OWNER, CALLER, THIRD = 1, 2, 3


ID = "5b0d5b2e-0000-4000-8000-00000000000"


class Play:
    """Drives a core with JSON and returns its actions as JSON."""

    def __init__(self, *peers: int, announced: bool = True) -> None:
        numbers = iter(range(1, 10_000))
        self.core = Core(new_id=lambda: f"00000000-0000-4000-8000-{next(numbers):012}")
        for peer in peers:
            self.core.opened(peer, "127.0.0.1", 0)
            if announced:
                self.announce(peer, name=f"worker-{peer}")

    def announce(self, peer: int, **data: Any) -> list[Any]:
        return self.say(peer, invoke("engine::workers::register", data, ID + "0"))

    def say(self, peer: int, message: Any) -> list[Any]:
        return told(self.core.received(peer, decode(json.dumps(message).encode())))


def told(actions: list[Action]) -> list[Any]:
    out: list[Any] = []
    for action in actions:
        match action:
            case Send(peer=peer, message=message):
                out.append((peer, json.loads(encode(message))))
            case CloseSession(peer=peer, code=code):
                out.append((peer, "close", code))
            case Cut(peer=peer):
                out.append((peer, "cut"))
            case Wake(key=key, seconds=seconds):
                out.append((key, "wake", seconds))
    return out


def invoke(function_id: str, data: Any, invocation_id: str | None = None, **more: Any) -> Any:
    message = {"type": "invokefunction", "function_id": function_id, "data": data, **more}
    return message | ({"invocation_id": invocation_id} if invocation_id else {})


def register(function_id: str) -> Any:
    return {"type": "registerfunction", "id": function_id}


def trigger(number: int, trigger_type: str = "tick") -> Any:
    body = {"trigger_type": trigger_type, "function_id": "demo::echo", "config": {"n": number}}
    return {"type": "registertrigger", "id": f"t{number}", **body}


TICK = {"type": "registertriggertype", "id": "tick", "description": ""}
