"""Compares what an SDK defines with the schemas."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from mock_engine.versions import VersionRange
from schemas.documents import Direction, messages
from tests.sdks.definitions import Definitions

NEVER_SENT: Mapping[tuple[str, str | None], str] = {
    ("registerservice", None): "since 0.16 the SDK for Python has the name and no message of it",
    ("triggerregistrationresult", "result"): "SDKs for Python and Node define it and never set it",
}
"""What SDKs define but never send: a type (its field is ``None``) or a field; with the reason."""


def unknown(definitions: Definitions, version: str) -> Iterator[str]:
    """What an SDK of this version may send or read but the schemas lack, in words."""
    for kind, fields in sorted(definitions.items()):
        schemas = [found[kind] for each in Direction if kind in (found := messages(each))]
        known = [schema for schema in schemas if _holds(schema, version)]
        if not known and not fields and (kind, None) in NEVER_SENT:
            continue
        if not known:
            yield f"message {kind}: no schema has it in {version}"
            continue
        properties = [schema["properties"] for schema in known]
        for field in fields:
            if (kind, field) in NEVER_SENT:
                continue
            if not any(_has(each, field, version) for each in properties):
                yield f"field {field} of {kind}: no schema has it in {version}"


def _has(properties: Mapping[str, Any], field: str, version: str) -> bool:
    return field in properties and _holds(properties[field], version)


def _holds(schema: Mapping[str, Any], version: str) -> bool:
    return VersionRange(schema.get("x-since"), schema.get("x-until")).holds(version)
