"""Functions of the engine itself: announcing and discovery."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, TypeVar

import msgspec
from msgspec import Raw

from mock_engine.core.actions import Action
from mock_engine.core.faults import Fault
from mock_engine.core.peers import DEFAULT, Peer

if TYPE_CHECKING:
    from mock_engine.core.engine import Core

Result = tuple[Any, list[Action]]
"""What a built-in function returns, ``None`` for no answer at all, and what else it leads to."""

Builtin = Callable[["Core", Peer, Raw], Result]


Input = TypeVar("Input")


def read(data: Raw, kind: type[Input], function_id: str) -> Input:
    """The input of a built-in function.

    Raises:
        Fault: it does not have the form of ``kind``.
    """
    try:
        return msgspec.json.decode(data, type=kind)
    except msgspec.DecodeError as fault:
        text = f"Failed to deserialize input for {function_id}: {fault}"
        raise Fault("deserialization_error", text) from None


class Announcement(msgspec.Struct, frozen=True):
    """The input of ``engine::workers::register``."""

    name: str | None = None
    namespace: str | None = None
    runtime: str | None = None
    version: str | None = None
    os: str | None = None
    pid: int | None = None
    isolation: str | None = None
    description: str | None = None
    telemetry: dict[str, Any] | None = None


FACTS = ("runtime", "version", "os", "pid", "isolation", "description")


def announce(core: Core, peer: Peer, data: Raw) -> Result:
    """``engine::workers::register``: who a worker is, and which namespace it is in."""
    said = read(data, Announcement, "engine::workers::register")
    if said.namespace is not None and not said.namespace.strip():
        raise Fault(
            "INVALID_NAMESPACE",
            f"namespace is empty: worker '{said.name or '<unnamed>'}' "
            f"declared {json.dumps(said.namespace, ensure_ascii=False)}. "
            "Give it a name, or omit the field to register in 'default'.",
        )
    released = core.announce(peer, said.namespace, said.name)
    if released is None:
        return None, core.refuse(peer, said.namespace or DEFAULT, said.name or "")
    peer.facts |= {fact: getattr(said, fact) for fact in FACTS}
    return {"success": True}, released


class FunctionFilter(msgspec.Struct, frozen=True):
    """The input of ``engine::functions::list``."""

    include_internal: bool = False
    search: str | None = None


def list_functions(core: Core, peer: Peer, data: Raw) -> Result:
    """``engine::functions::list``: the functions of all workers."""
    del peer
    wanted = read(data, FunctionFilter, "engine::functions::list")
    rows = []
    for function in core.functions:
        if function.spec.id.startswith("engine::") and not wanted.include_internal:
            continue
        row: dict[str, Any] = {
            "function_id": function.spec.id,
            "namespace": function.namespace,
            "worker_name": core.peers[function.owner].name,
        }
        if function.spec.description is not None:
            row["description"] = function.spec.description
        rows.append(row)
    return {"functions": rows}, []


class WorkerFilter(msgspec.Struct, frozen=True):
    """The input of ``engine::workers::list``; ``search`` is part of a name, in any case."""

    search: str | None = None
    runtime: str | None = None


def list_workers(core: Core, peer: Peer, data: Raw) -> Result:
    """``engine::workers::list``: the workers that announced a pid."""
    del peer
    wanted = read(data, WorkerFilter, "engine::workers::list")
    rows = [_worker_row(core, other) for other in core.peers.values() if other.facts.get("pid")]
    if wanted.search:
        rows = [row for row in rows if wanted.search.lower() in str(row["name"]).lower()]
    if wanted.runtime:
        rows = [row for row in rows if row["runtime"] == wanted.runtime]
    return {"workers": rows}, []


def _worker_row(core: Core, peer: Peer) -> dict[str, Any]:
    return {
        "id": peer.worker_id,
        "name": peer.name,
        "namespace": peer.namespace,
        "status": "connected",
        "ip_address": peer.address,
        "connected_at_ms": peer.connected_at,
        "function_count": len(core.functions.owned_by(peer.number)),
        "active_invocations": core.calls.active(peer.number),
        **{name: peer.facts.get(name) for name in FACTS if name != "pid"},
    }


BUILTINS: Mapping[str, Builtin] = {
    "engine::workers::register": announce,
    "engine::functions::list": list_functions,
    "engine::workers::list": list_workers,
}
