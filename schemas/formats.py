"""Whether a document is a JSON Schema itself, as the formats of functions should be."""

from __future__ import annotations

from typing import Any

from jsonschema import Draft202012Validator
from jsonschema.exceptions import best_match
from jsonschema.validators import validator_for

from schemas.validation import Violation


def validate_schema_document(document: object) -> Violation | None:
    """What keeps ``document`` from being a JSON Schema, or ``None``.

    ``$schema`` chooses the draft, 7 to 2020-12; without one it is 2020-12. ``true`` and ``false``
    are schemas; arrays, texts and numbers are none.
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
        return None
    path = "".join(f"/{part}" for part in fault.absolute_path)
    return Violation(path, f"{path or '/'}: {fault.message}", str(dialect.META_SCHEMA.get("$id")))
