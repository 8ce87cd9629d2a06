"""``python -m reference_workers.realm``: tenants, each with its own records under its own scope.

All records of a realm are in scopes of the engine's state that begin with its name. An export is
all of them; an import takes what it can from any data, and reports what it left out and why.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from reference_workers.client import FunctionError, Worker, run
from reference_workers.client.context import Json
from reference_workers.service import (
    COUNT,
    OBJECT,
    REALM,
    STRING,
    Function,
    State,
    array,
    form,
    offer_functions,
    scope_of,
    text,
)

REALMS = "realms"
"""The scope of the realms themselves; it belongs to no realm."""

AT_ONCE = 32
"""How many records are being written to the state at the same time."""

MOST_TOLD = 100
"""How many omissions of an import are listed one by one; further ones are only counted."""

LONGEST_KIND = 500
"""The longest part of a scope after the realm, in characters."""


class Realms:
    """Creates realms, and exports and imports their records."""

    def __init__(self, worker: Worker) -> None:
        self._state = State(worker)

    async def create(self, data: dict[str, Any]) -> Json:
        """Create a realm that is not there yet."""
        realm = {
            "id": data["id"],
            "description": data.get("description", ""),
            "created_at": datetime.now(UTC).isoformat(timespec="seconds"),
        }
        # With an append, one of two callers is the first, and both know which one it was.
        op = {"type": "append", "path": "created", "value": realm}
        change = await self._state.update(REALMS, data["id"], op)
        if change.old is not None:
            raise FunctionError("exists", f"there is a realm {data['id']!r} already")
        return realm

    async def get(self, data: dict[str, Any]) -> Json:
        """Tell of a realm, with how many records of which kind it has."""
        realm = await self._found(data["id"])
        records = await self._records(data["id"])
        return realm | {"records": {kind: len(values) for kind, values in records.items()}}

    async def realms(self, data: dict[str, Any]) -> Json:
        """List the realms."""
        del data
        found = map(_realm, await self._state.values(REALMS))
        return {"realms": sorted((r for r in found if r is not None), key=lambda r: str(r["id"]))}

    async def export(self, data: dict[str, Any]) -> Json:
        """Give everything that is under a realm's scope."""
        return {"realm": await self._found(data["id"]), "records": await self._records(data["id"])}

    async def import_(self, data: dict[str, Any]) -> Json:
        """Take records into a realm, as an export gives them, and tell what could not be taken."""
        await self._found(data["id"])
        skipped: list[dict[str, str]] = []
        taken = asyncio.Semaphore(AT_ONCE)

        async def keep(kind: str, record: dict[str, Any]) -> bool:
            try:
                async with taken:
                    await self._state.set(scope_of(data["id"], kind), record["id"], record)
            except FunctionError as fault:
                skipped.append(_left(f"{kind}/{record['id']}", f"{fault.code}: {fault.message}"))
                return False
            return True

        wanted = list(_sorted_out(data.get("records"), skipped))
        kept = await asyncio.gather(*(keep(kind, record) for kind, record in wanted))
        told = {"imported": sum(kept), "skipped": len(skipped)}
        return told | {"reasons": skipped[:MOST_TOLD]}

    async def _found(self, realm_id: str) -> dict[str, Any]:
        realm = _realm(await self._state.get(REALMS, realm_id))
        if realm is None:
            raise FunctionError("not_found", f"there is no realm {realm_id!r}")
        return realm

    async def _records(self, realm_id: str) -> dict[str, list[Json]]:
        prefix = scope_of(realm_id, "")
        scopes = [scope for scope in await self._state.scopes() if scope.startswith(prefix)]
        lists = await asyncio.gather(*(self._state.values(scope) for scope in scopes))
        found = zip(scopes, lists, strict=True)
        return {scope.removeprefix(prefix): values for scope, values in found if values}


def _realm(value: Json) -> dict[str, Any] | None:
    created = value.get("created") if isinstance(value, dict) else None
    first = created[0] if isinstance(created, list) and created else None
    return first if isinstance(first, dict) and isinstance(first.get("id"), str) else None


def _sorted_out(
    records: Json, skipped: list[dict[str, str]]
) -> Iterator[tuple[str, dict[str, Any]]]:
    """The records of an import, with their kinds; anything else is added to the omissions."""
    if not isinstance(records, dict):
        skipped.append(_left("records", "expected an object of lists"))
        return
    for kind, values in records.items():
        if not 0 < len(kind) <= LONGEST_KIND:
            skipped.append(_left(kind, "expected a kind of 1 to 500 characters"))
        elif not isinstance(values, list):
            skipped.append(_left(kind, "expected a list"))
        else:
            for number, record in enumerate(values):
                if isinstance(record, dict) and isinstance(record.get("id"), str):
                    yield kind, record
                else:
                    skipped.append(_left(f"{kind}[{number}]", "expected an object with an id"))


def _left(place: str, reason: str) -> dict[str, str]:
    return {"place": place[:200], "reason": reason[:200]}


def offer(worker: Worker) -> None:
    """Register the functions."""
    realms = Realms(worker)
    realm = form("id", "created_at", id=STRING, created_at=STRING, description=STRING)
    named = form("id", id=REALM, example={"id": "acme"})
    left = form("place", "reason", place=STRING, reason=STRING)
    offer_functions(
        worker,
        {
            "realm::create": Function(
                realms.create,
                form("id", id=REALM, description=text(1000), example={"id": "acme"}),
                realm,
            ),
            "realm::get": Function(realms.get, named, realm),
            "realm::list": Function(
                realms.realms, form(example={}), form("realms", realms=array(realm))
            ),
            "realm::export": Function(
                realms.export, named, form("realm", "records", realm=realm, records=OBJECT)
            ),
            "realm::import": Function(
                realms.import_,
                form(
                    "id",
                    id=REALM,
                    records={"description": "As an export has them; anything else is left out."},
                    example={"id": "acme", "records": {"notes": [{"id": "n1", "text": "tea"}]}},
                ),
                form(
                    *("imported", "skipped", "reasons"),
                    imported=COUNT,
                    skipped=COUNT,
                    reasons=array(left),
                ),
            ),
        },
    )


if __name__ == "__main__":
    sys.exit(run(offer))
