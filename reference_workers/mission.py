"""``python -m reference_workers.mission``: tasks, each held by one worker at a time.

Rules of this file:

* A mission is its request and the list of its events. Its status is never stored: it follows from
  the events and the table of transitions.
* Every change is one event, appended with ``state::update``. The engine gives events an order, and
  the answer shows the worker whether its event took effect in that order. So two concurrent
  checkouts may both be written, but only one of them counts.
"""

from __future__ import annotations

import sys
import time
import uuid
from collections.abc import Callable
from typing import Any

from reference_workers.client import FunctionError, Worker, run
from reference_workers.client.context import Json
from reference_workers.mission_life import STATUSES, TRANSITIONS, Standing, standing
from reference_workers.service import (
    COUNT,
    OBJECT,
    REALM,
    STRING,
    Function,
    Records,
    State,
    array,
    choice,
    form,
    offer_functions,
    text,
)

LEASE = 60.0
"""How long a mission belongs to its holder after a heartbeat, in seconds."""

SWEEP = "*/10 * * * * *"
"""When abandoned missions are searched for. Six fields; the first is seconds."""

NAME = text(128)


class Missions:
    """Creates missions and records their events."""

    def __init__(self, worker: Worker, now: Callable[[], float] = time.time) -> None:
        self._records = Records(worker, "missions", {"created": list})
        self._state = State(worker)
        self._now = now

    async def create(self, data: dict[str, Any]) -> Json:
        """Create a mission that waits for a worker."""
        realm, mission_id = data.get("realm", "default"), data.get("id") or str(uuid.uuid4())
        facts = {
            "title": data["title"],
            "input": data.get("input"),
            "lease": data.get("lease_seconds", LEASE),
            "at": self._now(),
        }
        # The search for abandoned missions needs to know the realms.
        await self._state.set("missions:realms", realm, realm)
        change = await self._records.update(
            realm,
            mission_id,
            {"type": "set", "path": "id", "value": mission_id},
            {"type": "append", "path": "created", "value": facts},
        )
        if change.old is not None:
            raise FunctionError("exists", f"there is a mission {mission_id!r:.100} already")
        return _told(change.new)

    async def checkout(self, data: dict[str, Any]) -> Json:
        """Take a mission that waits, the oldest one unless one is named, for oneself alone."""
        realm = data.get("realm", "default")
        named = "id" in data
        found = [await self._records.get(realm, data["id"])] if named else await self._all(realm)
        for mission in sorted(found, key=_age):
            if _standing(mission).status != "pending":
                continue
            taken, token = await self._append(
                realm, mission["id"], "checkout", worker=data["worker"]
            )
            if taken is not None:
                return _told(taken) | {"holder": token, "input": _facts(taken).get("input")}
        if named:
            raise FunctionError("conflict", f"{data['id']!r:.100} is not to be had")
        raise FunctionError("not_found", f"no mission waits in the realm {realm!r}")

    async def heartbeat(self, data: dict[str, Any]) -> Json:
        """Tell that a mission is still being worked on."""
        return await self._by_holder(data, "heartbeat")

    async def complete(self, data: dict[str, Any]) -> Json:
        """End a mission with its result, as done or as failed."""
        kind = "fail" if data.get("failed") else "complete"
        return await self._by_holder(data, kind, result=data.get("result"))

    async def missions(self, data: dict[str, Any]) -> Json:
        """List missions, all or those of one status."""
        found = map(_told, await self._all(data.get("realm", "default")))
        wanted = data.get("status")
        return {"missions": [m for m in found if wanted in (None, m["status"])]}

    async def return_abandoned(self, data: Json) -> Json:
        """Give back to the others what nobody has given a sign of life for."""
        del data
        returned = []
        for realm in await self._state.values("missions:realms"):
            for mission in await self._all(str(realm)):
                now = _standing(mission)
                lease = _number(_facts(mission).get("lease"), LEASE)
                if now.status != "active" or now.alive_at + lease > self._now():
                    continue
                fields = {"holder": now.holder, "seen": now.alive_at}
                taken, _ = await self._append(str(realm), mission["id"], "abandon", **fields)
                if taken is not None:
                    returned.append(mission["id"])
        return {"returned": returned}

    async def _all(self, realm: str) -> list[dict[str, Any]]:
        return [mission for mission in await self._records.all(realm) if _facts(mission)]

    async def _by_holder(self, data: dict[str, Any], kind: str, **fields: Json) -> Json:
        """Apply an event of its holder to a mission."""
        realm = data.get("realm", "default")
        now = _standing(await self._records.get(realm, data["id"]))
        if (now.status, kind) in TRANSITIONS and now.holder == data["holder"]:
            told = {"holder": data["holder"], **fields}
            mission, _ = await self._append(realm, data["id"], kind, **told)
            if mission is not None:
                return _told(mission)
        raise FunctionError("conflict", f"{data['id']!r:.100} is {now.status}, or another's")

    async def _append(
        self, realm: str, mission_id: str, kind: str, **fields: Json
    ) -> tuple[dict[str, Any] | None, str]:
        """Append an event; return the mission if the event took effect, and the event's token."""
        token = str(uuid.uuid4())
        event = {"event": kind, "token": token, "at": self._now(), **fields}
        op = {"type": "append", "path": "events", "value": event}
        mission = (await self._records.update(realm, mission_id, op)).new
        return (mission if token in _standing(mission).accepted else None), token


def _facts(mission: dict[str, Any]) -> dict[str, Any]:
    """The request of whoever created the mission first; empty if the record is not a mission."""
    first = mission["created"][0] if mission.get("created") else None
    return first if isinstance(first, dict) and isinstance(first.get("title"), str) else {}


def _standing(mission: dict[str, Any]) -> Standing:
    events = mission.get("events")
    return standing(events if isinstance(events, list) else ())


def _age(mission: dict[str, Any]) -> tuple[float, str]:
    return _number(_facts(mission).get("at"), 0.0), str(mission["id"])


def _number(value: Json, otherwise: float) -> float:
    return float(value) if type(value) in (int, float) else otherwise


def _told(mission: dict[str, Any]) -> dict[str, Any]:
    """A mission as callers see it."""
    now = _standing(mission)
    told = {"id": mission["id"], "title": _facts(mission).get("title", ""), "status": now.status}
    return told | {"attempts": now.attempts, "worker": now.worker, "result": now.result}


def offer(worker: Worker) -> None:
    """Register the functions and the schedule."""
    missions = Missions(worker)
    mission = form(
        *("id", "title", "status", "attempts"),
        id=STRING,
        title=STRING,
        status=choice(*STATUSES),
        attempts=COUNT,
        worker={"type": ["string", "null"]},
        result={"description": "Any JSON value."},
    )
    anything = {"description": "Any JSON value."}
    held = {"id": NAME, "holder": NAME, "realm": REALM}
    functions = {
        "mission::create": Function(
            missions.create,
            form(
                "title",
                title=text(500),
                id=NAME,
                input=anything,
                lease_seconds={"type": "number", "exclusiveMinimum": 0, "maximum": 86_400},
                realm=REALM,
                example={"title": "Count the cups", "id": "cups"},
            ),
            mission,
        ),
        "mission::checkout": Function(
            missions.checkout,
            form("worker", worker=NAME, id=NAME, realm=REALM, example={"worker": "ada"}),
            mission | {"required": [*mission["required"], "holder"]},
        ),
        "mission::heartbeat": Function(
            missions.heartbeat, form(*("id", "holder"), **held), mission
        ),
        "mission::complete": Function(
            missions.complete,
            form(*("id", "holder"), **held, result=anything, failed={"type": "boolean"}),
            mission,
        ),
        "mission::list": Function(
            missions.missions,
            form(status=choice(*STATUSES), realm=REALM, example={}),
            form("missions", missions=array(mission)),
        ),
        "mission::return_abandoned": Function(
            missions.return_abandoned, OBJECT, form("returned", returned=array(STRING))
        ),
    }
    offer_functions(worker, functions)
    worker.trigger("cron", "mission::return_abandoned", {"expression": SWEEP})


if __name__ == "__main__":
    sys.exit(run(offer))
