"""What becomes of a message on its way through the engine."""

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
"""Workers for which the beginning of what they send is kept; it is the same each time."""

_BACKSLASH = ord("\\")
_fields = msgspec.json.Decoder(dict[str, Raw])
_encoder = msgspec.json.Encoder()


def with_caller(data: Raw, worker_id: str) -> Raw:
    """``data`` with the caller's worker id in it, if it is an object; any other value as it is.

    The id goes in front, and the bytes of the rest stay as they are. An id that a caller made up
    is dropped.
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
    """``part``, or ``ABSENT`` for a ``null``."""
    return part if is_given(part) else ABSENT


def offer(binding: Binding, provided_in: str) -> RegisterTrigger:
    """What the provider of a type gets; a namespace other than the default one is named."""
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
    """What a provider gets when a trigger is gone or is another's."""
    return Send(provider, UnregisterTrigger(binding.spec.id, binding.spec.trigger_type))
