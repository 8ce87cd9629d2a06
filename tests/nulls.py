"""Null subjects: processes that are no workers, and workers that say the same to everything.

``python -m tests.nulls NAME`` runs one. None may pass a MUST that it cannot have shown.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from websockets.asyncio.client import ClientConnection, connect

REGISTER = "engine::workers::register"
BODY = {"runtime": "python", "version": "1", "name": "null", "os": "none", "pid": 1}
PRESENT = ("CON-*", "ANN-*", "REG-*", "FRM-*", "USE-*")
ANSWERING = (*PRESENT, "INV-001", "INV-002", "INV-003", "INV-005")


@dataclass(frozen=True, slots=True)
class Null:
    """A null subject: what it does with a message, and what it may have shown, as patterns of ids.

    Without a ``reply`` it ends.
    """

    about: str
    reply: Callable[[Any], Any] | None = None
    connects: bool = True
    announces: bool = False
    shows: tuple[str, ...] = ()


def silence(message: Any) -> None:
    """Answer nothing."""


def _answer(message: Any, **outcome: Any) -> Any:
    if not isinstance(message, dict) or message.get("type") != "invokefunction":
        return None
    ids = {name: message.get(name) for name in ("invocation_id", "function_id")}
    return {"type": "invocationresult", **ids, **outcome}


NULLS = {
    "ends": Null("ends at once", connects=False),
    "sleeps": Null("never connects", silence, connects=False),
    "listens": Null("connects and is silent", silence),
    "parrots": Null("sends every message back as it came", lambda message: message),
    "announces": Null(
        "announces and registers, and answers nothing", silence, announces=True, shows=PRESENT
    ),
    "refuses": Null(
        "answers every invocation with the same error",
        lambda message: _answer(message, error={"code": "no", "message": "not today"}),
        announces=True,
        shows=ANSWERING,
    ),
    "agrees": Null(
        "answers every invocation with null",
        lambda message: _answer(message, result=None),
        announces=True,
        shows=ANSWERING,
    ),
}


async def _talk(null: Null, socket: ClientConnection) -> None:
    if null.announces:
        call = {"type": "invokefunction", "function_id": REGISTER, "data": BODY}
        await socket.send(json.dumps(call))
        await socket.send(json.dumps({"type": "registerfunction", "id": "null::one"}))
    async for raw in socket:
        try:
            message = json.loads(raw)
        except ValueError:
            continue
        answer = null.reply(message) if null.reply else None
        if answer is not None:
            await socket.send(json.dumps(answer))


async def _main(null: Null) -> None:
    if null.connects:
        async with connect(os.environ["III_URL"]) as socket:
            await _talk(null, socket)
    elif null.reply is not None:
        await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(_main(NULLS[sys.argv[1]]))
