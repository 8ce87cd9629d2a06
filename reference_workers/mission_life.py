"""The life of a mission: the result of its events, in their order. Pure, without side effects."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from reference_workers.client.context import Json

TRANSITIONS: dict[tuple[str, str], str] = {
    ("pending", "checkout"): "active",
    ("active", "heartbeat"): "active",
    ("active", "complete"): "done",
    ("active", "fail"): "failed",
    ("active", "abandon"): "pending",
}
"""The status after an event. An event that is not listed has no effect."""

STATUSES = ("pending", "active", "done", "failed")


@dataclass(frozen=True, slots=True)
class Standing:
    """The result of a mission's events. ``accepted`` are the tokens of those that took effect."""

    status: str = "pending"
    holder: str | None = None
    worker: str | None = None
    alive_at: float = 0.0
    attempts: int = 0
    result: Json = None
    accepted: frozenset[str] = frozenset()


def standing(events: Sequence[Json]) -> Standing:
    """The state of a mission after its events, in their order."""
    now = Standing()
    for event in events:
        if isinstance(event, dict):
            now = _after(now, event)
    return now


def _after(now: Standing, event: dict[str, Any]) -> Standing:
    kind, token = str(event.get("event")), str(event.get("token"))
    status = TRANSITIONS.get((now.status, kind))
    foreign = kind != "checkout" and event.get("holder") != now.holder
    at = event.get("at")
    if status is None or foreign or not isinstance(at, int | float):
        return now
    # A mission is not abandoned if its holder sent a heartbeat after that was decided.
    if kind == "abandon" and event.get("seen") != now.alive_at:
        return now
    begun = kind == "checkout"
    return Standing(
        status=status,
        holder=token if begun else None if kind == "abandon" else now.holder,
        worker=str(event.get("worker")) if begun else now.worker,
        alive_at=float(at),
        attempts=now.attempts + begun,
        result=event.get("result") if kind in ("complete", "fail") else now.result,
        accepted=now.accepted | {token},
    )
