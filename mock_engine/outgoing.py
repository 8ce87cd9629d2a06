"""Messages for workers, as a release of the engine has them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import msgspec

from mock_engine.messages import ProtocolMessage
from mock_engine.versions import Release


def gaps(release: Release) -> dict[type[ProtocolMessage], frozenset[str] | None]:
    """The fields that messages of a release lack; ``None`` for a message that it does not have.

    An engine that advertises features has the messages of its features, whatever its release.
    """
    found: dict[type[ProtocolMessage], frozenset[str] | None] = {}
    for kind in ProtocolMessage.__subclasses__():
        name = kind.__name__.lower()
        if not release.sends(name):
            found[kind] = None
        elif release.lacking(name):
            found[kind] = release.lacking(name)
    return found


def without(message: ProtocolMessage, fields: Iterable[str]) -> ProtocolMessage:
    """A message without some fields, which must have defaults."""
    known = zip(message.__struct_fields__, _defaults(message), strict=True)
    return msgspec.structs.replace(message, **{k: v for k, v in known if k in frozenset(fields)})


def _defaults(message: ProtocolMessage) -> tuple[Any, ...]:
    needed = len(message.__struct_fields__) - len(message.__struct_defaults__)
    return (*[None] * needed, *message.__struct_defaults__)
