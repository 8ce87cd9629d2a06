"""The iii protocol as JSON Schema 2020-12, one file for each message, and validation with it."""

from schemas.documents import Direction, functions, load, messages, trigger_configs
from schemas.formats import validate_schema_document
from schemas.validation import Violation, validate, validate_call, validate_config

__all__ = [
    "Direction",
    "Violation",
    "functions",
    "load",
    "messages",
    "trigger_configs",
    "validate",
    "validate_call",
    "validate_config",
    "validate_schema_document",
]
