"""An append-only log in a stream, in which each entry contains the hash of the one before it.

Rules of this file:

* An entry is never overwritten. ``stream::update`` with ``append`` adds it at the end of the list
  at its place; the first item of the list is the entry, and a writer that was not first tries the
  next place. So two writers, even in two workers, can neither lose an entry nor fork the log.
* The head kept in state is a hint that saves reading the stream; a stale one costs a step or two.
* Entries are stored in pages, so that no list of the stream grows without bound.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import uuid
from datetime import UTC, datetime
from typing import Any

from reference_workers.client import Worker
from reference_workers.client.context import Json
from reference_workers.service import State, Streams

STREAM = "security.audit"
HEAD = ("security", "audit_head")
"""Scope and key of the head."""

PAGE = 500
"""Entries in one group of the stream."""

GENESIS = "0" * 64
"""The hash before the first entry."""


def seal(entry: dict[str, Any]) -> str:
    """The hash of an entry: of all its fields except the hash itself."""
    told = {name: value for name, value in entry.items() if name != "hash"}
    text = json.dumps(told, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return hashlib.sha256(text.encode()).hexdigest()


def first_broken(entries: list[dict[str, Any]], previous: str, seq: int) -> int | None:
    """The number of the first entry that does not follow ``previous`` and ``seq``, if any."""
    for entry in entries:
        seq += 1
        linked = entry.get("seq") == seq and entry.get("previous") == previous
        if not linked or entry.get("hash") != seal(entry):
            return seq
        previous = entry["hash"]
    return None


class AuditLog:
    """Appends entries, reads them, and checks the chain."""

    def __init__(self, worker: Worker) -> None:
        self._state = State(worker)
        self._stream = Streams(worker, STREAM)
        # Writers of one process take turns: the log needs no lock, but a race would cost retries.
        self._turn = asyncio.Lock()

    async def append(self, actor: str, action: str, detail: Json) -> dict[str, Any]:
        """Append an entry, and return it."""
        async with self._turn:
            return await self._append(actor, action, detail)

    async def _append(self, actor: str, action: str, detail: Json) -> dict[str, Any]:
        head = await self._head()
        token = str(uuid.uuid4())
        while True:
            entry: dict[str, Any] = {
                "seq": head["seq"] + 1,
                "previous": head["hash"],
                "at": datetime.now(UTC).isoformat(),
                "actor": actor,
                "action": action,
                "detail": detail,
                "token": token,
            }
            entry["hash"] = seal(entry)
            op = {"type": "append", "path": "entries", "value": entry}
            change = await self._stream.update(*_place(entry["seq"]), op)
            head = _entry(change.new) or entry
            if head.get("token") == token:
                hint = {"seq": head["seq"], "hash": head["hash"]}
                await self._state.set(*HEAD, hint)
                return head

    async def read(self, after: int, limit: int) -> list[dict[str, Any]]:
        """At most ``limit`` entries, starting with the one after ``after``."""
        found: list[dict[str, Any]] = []
        page = after // PAGE
        while len(found) < limit:
            entries = await self._page(page)
            found += [entry for entry in entries if entry["seq"] > after]
            if len(entries) < PAGE:
                break
            page += 1
        return found[:limit]

    async def verify(self) -> tuple[int, int | None]:
        """The number of entries, and the number of the first broken one, if there is any."""
        previous, count, page = GENESIS, 0, 0
        while entries := await self._page(page):
            broken = first_broken(entries, previous, count)
            if broken is not None:
                return count + len(entries), broken
            previous, count, page = entries[-1]["hash"], count + len(entries), page + 1
        return count, None

    async def _page(self, page: int) -> list[dict[str, Any]]:
        found = [_entry(item) for item in await self._stream.items(f"{page:06}")]
        return sorted((e for e in found if e is not None), key=lambda entry: int(entry["seq"]))

    async def _head(self) -> dict[str, Any]:
        hint = await self._state.get(*HEAD)
        usable = isinstance(hint, dict) and isinstance(hint.get("seq"), int) and "hash" in hint
        return hint if usable else {"seq": 0, "hash": GENESIS}


def _place(seq: int) -> tuple[str, str]:
    """Group and item of an entry; numbers begin with 1."""
    return f"{(seq - 1) // PAGE:06}", f"{seq:012}"


def _entry(item: Json) -> dict[str, Any] | None:
    """The entry at a place: the first item that was appended there."""
    entries = item.get("entries") if isinstance(item, dict) else None
    first = entries[0] if isinstance(entries, list) and entries else None
    return first if isinstance(first, dict) and isinstance(first.get("seq"), int) else None
