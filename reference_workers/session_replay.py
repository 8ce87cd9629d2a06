"""``python -m reference_workers.session_replay``: the messages of a session, turn by turn.

It subscribes to the stream of turns and records each. A turn that was written while the worker was
not running is read from the stream when the session is requested, so that nothing is missing.
"""

from __future__ import annotations

import re
import sys
from typing import Any

from reference_workers.client import FunctionError, Worker, run
from reference_workers.client.context import Json
from reference_workers.service import (
    BOOLEAN,
    COUNT,
    OBJECT,
    REALM,
    STRING,
    Function,
    Records,
    Streams,
    array,
    form,
    offer_functions,
    text,
)

TURNS = "agent.turns"
"""The stream to which agents write their turns; its groups are ``REALM/SESSION``."""

NAME = text(128)
NUMBER = re.compile(r"[1-9][0-9]{0,14}")
"""The number of a turn."""


def group_of(realm: str, session: str) -> str:
    """The group of a session in the stream. Names of realms have no slash."""
    return f"{realm}/{session}"


class Replay:
    """Records turns and returns them in order."""

    def __init__(self, worker: Worker) -> None:
        self._records = Records(worker, "replay", {"turns": dict})
        self._stream = Streams(worker, TURNS)

    async def record(self, data: dict[str, Any]) -> Json:
        """Record a turn, as the stream tells of it, once."""
        event = data.get("event", {})
        realm, slash, session = data["groupId"].partition("/")
        if not slash or event.get("type") not in ("create", "update"):
            return {"recorded": False}
        return {"recorded": await self._record(realm, session, event.get("data"))}

    async def get(self, data: dict[str, Any]) -> Json:
        """Give the turns of a session, in order."""
        realm, session = data.get("realm", "default"), data["session"]
        known = await self._turns(realm, session)
        for turn in await self._stream.items(group_of(realm, session)):
            if isinstance(turn, dict) and str(turn.get("turn")) not in known:
                await self._record(realm, session, turn)
        turns = await self._turns(realm, session)
        if not turns:
            raise FunctionError("not_found", f"no session {session!r:.100} in the realm {realm!r}")
        ordered = sorted((int(number), turn) for number, turn in turns.items())
        return {"session": session, "turns": [turn for _, turn in ordered]}

    async def sessions(self, data: dict[str, Any]) -> Json:
        """List the sessions, with how many turns each has."""
        realm = data.get("realm", "default")
        found = {record["id"]: len(_numbered(record)) for record in await self._records.all(realm)}
        for group in await self._stream.groups():
            owner, _, session = group.partition("/")
            if owner == realm and session not in found:
                found[session] = len(await self._stream.items(group))
        return {"sessions": [{"session": s, "turns": found[s]} for s in sorted(found)]}

    async def _record(self, realm: str, session: str, turn: Json) -> bool:
        number = str(turn.get("turn")) if isinstance(turn, dict) else ""
        if not NUMBER.fullmatch(number):
            return False
        change = await self._records.update(
            realm,
            session,
            {"type": "set", "path": "id", "value": session},
            {"type": "merge", "path": "turns", "value": {number: turn}},
        )
        return number not in _numbered(change.old)

    async def _turns(self, realm: str, session: str) -> dict[str, Json]:
        return _numbered(await self._records.find(realm, session))


def _numbered(record: Json) -> dict[str, Json]:
    """The turns of a record, by number."""
    turns = record.get("turns") if isinstance(record, dict) else None
    found = turns if isinstance(turns, dict) else {}
    return {n: t for n, t in found.items() if NUMBER.fullmatch(n) and isinstance(t, dict)}


def offer(worker: Worker) -> None:
    """Register the functions and the subscription."""
    replay = Replay(worker)
    session = form("session", "turns", session=STRING, turns=COUNT)
    turn = {"turn": 1, "text": "Hello", "reply": "You said: Hello"}
    event = {"type": "create", "data": turn}
    offer_functions(
        worker,
        {
            "replay::record": Function(
                replay.record,
                form(
                    "groupId",
                    groupId=text(300),
                    event=OBJECT,
                    example={"groupId": "default/s-1", "event": event},
                ),
                form("recorded", recorded=BOOLEAN),
            ),
            "replay::get": Function(
                replay.get,
                form("session", session=NAME, realm=REALM, example={"session": "s-1"}),
                form("session", "turns", session=STRING, turns=array(OBJECT)),
            ),
            "replay::list": Function(
                replay.sessions,
                form(realm=REALM, example={}),
                form("sessions", sessions=array(session)),
            ),
        },
    )
    worker.trigger("stream", "replay::record", {"stream_name": TURNS})


if __name__ == "__main__":
    sys.exit(run(offer))
