"""How a message changes on its way through the engine."""

from __future__ import annotations

from functools import lru_cache

import msgspec
from msgspec import Raw

from mock_engine.core.actions import Action, Send
from mock_engine.core.constants import DEFAULT
from mock_engine.core.peers import Peer
from mock_engine.core.triggers import Binding
from mock_engine.messages import (
    ABSENT,
    RegisterTrigger,
    UnregisterTrigger,
    is_given,
    payload,
)

CALLER = b"_caller_worker_id"
REMEMBERED = 1024
"""The number of workers whose caller prefix is cached; the prefix of a worker never changes."""

_BACKSLASH = ord("\\")
_fields = msgspec.json.Decoder(dict[str, Raw])
_encoder = msgspec.json.Encoder()


def with_caller(data: Raw, worker_id: str) -> Raw:
    """``data`` with the caller's worker id added, if it is an object; any other value unchanged.

    The id is added at the front, and the other bytes stay as they are. An id that the caller wrote
    itself is removed.
    """
    text = bytes(data).lstrip()
    if text[:1] != b"{":
        return data
    rest = text[1:].lstrip()
    if CALLER in rest or (_BACKSLASH in rest and b"\\u" in rest):
        fields = _fields.decode(text)
        fields.pop(CALLER.decode(), None)
        rest = _encoder.encode(fields)[1:]
    return Raw(_beginning(worker_id) + (rest if rest[:1] == b"}" else b"," + rest))


@lru_cache(REMEMBERED)
def _beginning(worker_id: str) -> bytes:
    return b'{"%b":%b' % (CALLER, _encoder.encode(worker_id))


def with_identity(caller: Raw, peer: Peer) -> Raw:
    """The caller of a call: the handler, as its SDK names it, and the worker (0.25)."""
    identity = msgspec.json.decode(caller) if is_given(caller) else {}
    known_fields = {"worker_id": peer.worker_id, "worker_name": peer.name}
    known = {key: value for key, value in known_fields.items() if value}
    return payload((identity if isinstance(identity, dict) else {}) | known)


def or_absent(part: Raw) -> Raw:
    """``part``, or ``ABSENT`` when it is ``null``."""
    return part if is_given(part) else ABSENT


def offer(binding: Binding, provided_in: str) -> RegisterTrigger:
    """The message that offers a trigger to its provider; namespaces are given unless default."""
    spec = binding.spec
    namespaces = {"namespace": spec.namespace, "trigger_namespace": provided_in}
    known_fields = {
        name: value for name, value in namespaces.items() if value not in (None, DEFAULT)
    }
    return RegisterTrigger(
        spec.id,
        spec.trigger_type,
        spec.function_id,
        spec.config,
        or_absent(spec.metadata),
        **known_fields,
    )


def withdrawal(binding: Binding, provider: int) -> Action:
    """The message that tells a provider that a trigger is gone or has another provider."""
    return Send(provider, UnregisterTrigger(binding.spec.id, binding.spec.trigger_type))
