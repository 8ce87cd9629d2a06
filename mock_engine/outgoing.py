"""Messages for workers, in the form of a given release of the engine."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cache
from typing import Any

from msgspec.structs import replace

from mock_engine.messages import ProtocolMessage
from mock_engine.versions import Release


def gaps(release: Release) -> dict[type[ProtocolMessage], frozenset[str] | None]:
    """The fields that each message lacks in a release; ``None`` if the release lacks the message.

    An engine that advertises features has the messages of these features in any release.
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
    """A message without the given fields, which must have defaults; unchanged if none is set."""
    defaults = _defaults(type(message))
    given = [name for name in fields if getattr(message, name) is not defaults[name]]
    return replace(message, **{name: defaults[name] for name in given}) if given else message


@cache
def _defaults(kind: type[ProtocolMessage]) -> Mapping[str, Any]:
    optional = kind.__struct_fields__[-len(kind.__struct_defaults__) :]
    return dict(zip(optional, kind.__struct_defaults__, strict=True))
