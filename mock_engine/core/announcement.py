"""``engine::workers::register``: the name, the details and the namespace of a worker."""

from __future__ import annotations

import json
import re

import msgspec
from msgspec import Raw

from mock_engine.core.actions import Actions, CloseSession, Result, Send
from mock_engine.core.constants import DEFAULT
from mock_engine.core.events import worker_event
from mock_engine.core.invocations import Call
from mock_engine.core.peers import FACTS, Peer
from mock_engine.core.state import State
from mock_engine.failures import Failure
from mock_engine.inputs import Form, is_u32, optional
from mock_engine.messages import RegistrationRejected

LONGEST = 280
"""The longest name and the longest description, in characters."""

MISLEADING = re.compile("[\\x00-\\x1f\\x7f-\\x9f\\u2028-\\u202e\\u2066-\\u2069]")

TELEMETRY = Form(
    "WorkerConnectionTelemetryMeta",
    (optional("language"), optional("project_name"), optional("framework")),
)
ANNOUNCEMENT = Form(
    "RegisterWorkerInput",
    (
        optional("_caller_worker_id"),
        optional("runtime"),
        optional("version"),
        optional("name"),
        optional("description"),
        optional("os"),
        optional("telemetry", TELEMETRY.fault),
        optional("pid", is_u32),
        optional("isolation"),
        optional("namespace"),
    ),
)


def announce(state: State, peer: Peer, call: Call) -> Result:
    """Give a worker its name and namespace; there is no answer when the name is taken."""
    inputs = ANNOUNCEMENT.read(call.request.data, call.request.function_id)
    name, namespace = printable(inputs["name"]), inputs["namespace"]
    if namespace is not None and not namespace.strip():
        unnamed = "<unnamed>" if inputs["name"] is None else inputs["name"]
        raise Failure(
            "INVALID_NAMESPACE",
            f"namespace is empty: worker '{unnamed}' "
            f"declared {json.dumps(namespace, ensure_ascii=False)}. "
            "Give it a name, or omit the field to register in 'default'.",
        )
    home = peer.namespace if peer.announced else namespace or DEFAULT
    refusal = peer.grant.home_refusal(home) if peer.grant is not None else None
    if refusal is not None:
        raise Failure("FORBIDDEN", refusal)
    peer.features |= frozenset(state.features) & declared(call.request.data)
    owner = _owner(state, peer, home, name)
    if owner is not None:
        return None, _refused(peer, owner, home, name)
    peer.namespace, peer.name = home, name or peer.name
    if name:
        peer.names.add((home, name))
    released = state.release(peer)
    facts = {fact: inputs[fact] for fact in FACTS} | {
        "description": printable(inputs["description"])
    }
    runtime = "unknown" if inputs["runtime"] is None else inputs["runtime"]
    # Fields that an announcement leaves out keep their values.
    known_facts = {fact: value for fact, value in facts.items() if value is not None}
    peer.facts |= known_facts | {"runtime": runtime, "version": inputs["version"]}
    return {"success": True}, [*released, *worker_event(state, peer, "worker_metadata_updated")]


def _owner(state: State, peer: Peer, namespace: str, name: str | None) -> Peer | None:
    """The other peer that has a name, which is unique within its namespace."""
    others = (other for other in state.peers.values() if other is not peer)
    return next((other for other in others if (namespace, name) in other.names), None)


def _refused(peer: Peer, owner: Peer, namespace: str, name: str | None) -> Actions:
    """The actions for a worker whose name is taken."""
    rejected = RegistrationRejected(
        "WORKER_NAMESPACE_CONFLICT", namespace, owner.worker_id, worker_name=name
    )
    return [Send(peer.number, rejected), CloseSession(peer.number)]


def declared(data: Raw) -> frozenset[str]:
    """The features that an announcement declares; anything but a list of strings declares none."""
    inputs = msgspec.json.decode(data)
    features = inputs.get("features") if isinstance(inputs, dict) else None
    listed = features if isinstance(features, list) else []
    return frozenset(feature for feature in listed if isinstance(feature, str))


def printable(text: str | None) -> str | None:
    """A name or description without misleading characters; ``None`` if nothing is left.

    Control characters, characters that change the direction of writing, and separators of lines and
    paragraphs are removed; then the text is cut to its longest length and trimmed (engine 0.23).
    """
    kept = (char for char in text or "" if not MISLEADING.match(char))
    return "".join(kept)[:LONGEST].strip() or None
