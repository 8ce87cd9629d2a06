"""The parts of a service besides the client: declared formats, state, streams, HTTP."""

from reference_workers.service.formats import (
    BOOLEAN,
    COUNT,
    NUMBER,
    OBJECT,
    REALM,
    STRING,
    TEXT,
    Function,
    array,
    choice,
    form,
    offer_functions,
    text,
)
from reference_workers.service.records import Records, scope_of
from reference_workers.service.state import State, Streams

__all__ = [
    "BOOLEAN",
    "COUNT",
    "NUMBER",
    "OBJECT",
    "REALM",
    "STRING",
    "TEXT",
    "Function",
    "Records",
    "State",
    "Streams",
    "array",
    "choice",
    "form",
    "offer_functions",
    "scope_of",
    "text",
]
