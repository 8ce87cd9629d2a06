"""Whether a document is a JSON Schema, as the formats of functions should be."""

from __future__ import annotations

from typing import Any
from urllib.parse import unquote

from jsonschema import Draft202012Validator
from jsonschema.exceptions import best_match
from jsonschema.validators import validator_for

from schemas.validation import Violation


def validate_schema_document(document: object) -> Violation | None:
    """The reason why ``document`` is not a JSON Schema, or ``None`` if it is one.

    ``$schema`` chooses the draft, 7 to 2020-12; without it the draft is 2020-12. ``true`` and
    ``false`` are schemas; arrays, strings and numbers are not.
    """
    if isinstance(document, bool):
        return None
    if not isinstance(document, dict):
        kind = type(document).__name__
        return Violation("", f"expected a JSON Schema object, found {kind}", "JSON Schema, 4.3")
    dialect: Any = validator_for(document, default=Draft202012Validator)
    meta = dialect(dialect.META_SCHEMA)
    fault = best_match(meta.iter_errors(document))
    if fault is None:
        return _dangling(document, document)
    path = "".join(f"/{part}" for part in fault.absolute_path)
    return Violation(path, f"{path or '/'}: {fault.message}", str(dialect.META_SCHEMA.get("$id")))


DATA = frozenset({"const", "enum", "default", "examples"})
"""Keywords whose values are data, in which nothing is a reference."""


def _dangling(part: object, whole: dict[str, Any]) -> Violation | None:
    """A reference in ``part`` to a place that ``whole`` does not have; ``None`` without one.

    Only pointers into the document itself are followed: a reader may know other documents.
    """
    if isinstance(part, dict):
        # A subschema with its own id is the root of its pointers.
        if "$id" in part and part is not whole:
            return None
        pointer = part.get("$ref")
        if isinstance(pointer, str) and pointer.startswith("#/") and not _leads(pointer, whole):
            return Violation("", f"$ref {pointer!r} leads nowhere", "JSON Schema, 8.2.3.1")
    inner = part if isinstance(part, list) else _schemas_in(part)
    return next(filter(None, (_dangling(each, whole) for each in inner)), None)


def _schemas_in(part: object) -> list[Any]:
    if not isinstance(part, dict):
        return []
    return [value for name, value in part.items() if name not in DATA]


def _leads(pointer: str, whole: dict[str, Any]) -> bool:
    """Whether a JSON pointer (RFC 6901), written as a fragment, leads to a place in ``whole``."""
    place: Any = whole
    for step in pointer.removeprefix("#/").split("/"):
        name = unquote(step).replace("~1", "/").replace("~0", "~")
        if isinstance(place, dict) and name in place:
            place = place[name]
        elif isinstance(place, list) and name.isdecimal() and int(name) < len(place):
            place = place[int(name)]
        else:
            return False
    return True
