"""The iii protocol as JSON Schema 2020-12, one file a message, and validation against it."""

from schemas.documents import Direction, load, messages
from schemas.formats import validate_schema_document
from schemas.validation import Violation, validate

__all__ = [
    "Direction",
    "Violation",
    "load",
    "messages",
    "validate",
    "validate_schema_document",
]
