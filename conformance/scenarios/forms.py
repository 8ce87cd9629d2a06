"""Which keys frames, requests and the ends of connections have in a scenario, and which values.

Only literal values are checked: the value of an operator or a name is known only when it is sent or
seen.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from conformance.documents.nodes import Node, keys, suggestion
from conformance.scenarios.happenings import CONTINUATION, HOW
from conformance.scenarios.patterns.json_values import is_of_type
from conformance.scenarios.patterns.names import references

METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS")
OPCODES = ("text", "binary", "ping", "pong", "close", CONTINUATION)


@dataclass(frozen=True, slots=True)
class KeyForm:
    """What can stand for a key, and how to say that; ``known`` lists all values of few."""

    fits: Callable[[Any], bool]
    expected: str
    known: tuple[str, ...] = ()


Form = Mapping[str, KeyForm]


def _whole(least: int, most: int) -> KeyForm:
    return KeyForm(
        lambda value: is_of_type(value, "integer") and least <= value <= most,
        f"a whole number from {least} to {most}",
    )


def _one_of(known: tuple[str, ...], what: str) -> KeyForm:
    return KeyForm(lambda value: value in known, what, known)


def _is_base64(value: Any) -> bool:
    try:
        base64.b64decode(value, validate=True)
    except (binascii.Error, TypeError, ValueError):
        return False
    return True


ANYTHING = KeyForm(lambda _: True, "anything")
TEXT = KeyForm(lambda value: isinstance(value, str), "a text")
FLAG = KeyForm(lambda value: isinstance(value, bool), "true or false")
OBJECT = KeyForm(lambda value: isinstance(value, dict), "a mapping")
CODE = _whole(0, 65535)

FRAME: Form = {
    "text": TEXT,
    "base64": KeyForm(_is_base64, "base64"),
    "opcode": _one_of(OPCODES, "an opcode"),
    "fin": FLAG,
    "code": CODE,
    "reason": TEXT,
}
SENT_FRAME: Form = {**FRAME, "json": ANYTHING, "fragments": _whole(1, 65535)}
DIAL: Form = {"path": TEXT, "query": OBJECT, "headers": OBJECT, "port": _whole(0, 65535)}
PARTING: Form = {
    "how": _one_of(tuple(HOW.values()), "the way in which a connection ends"),
    "code": KeyForm(lambda value: value is None or CODE.fits(value), f"{CODE.expected}, or null"),
}
EXIT = KeyForm(lambda value: is_of_type(value, "integer"), "an exit code, a whole number")
HTTP: Form = {
    "method": _one_of(METHODS, "a method"),
    "path": TEXT,
    "query": OBJECT,
    "headers": OBJECT,
    "json": ANYTHING,
    "text": TEXT,
}


def check(node: Node, form: Form, what: str) -> Mapping[str, Node]:
    """The entries of a mapping that has this form.

    Raises:
        DocumentError: it has another key, or a key has a wrong value.
    """
    entries = keys(node, form, what)
    for key, value in entries.items():
        check_value(value, form[key])
    return entries


def check_value(node: Node, field: KeyForm) -> None:
    """Refuse a literal value that a key cannot have.

    Raises:
        DocumentError: the key cannot have this value.
    """
    if is_written_out(node) and not field.fits(node.value):
        hint = suggestion(str(node.value), field.known) if field.known else ""
        node.refuse(f"expected {field.expected}, not {node.describe()}{hint}")


def is_written_out(node: Node) -> bool:
    """Whether the value is literal: without an operator, and without a reference to a name."""
    if node.is_mapping:
        return not any(key.value.startswith("$") for key, _ in node.pairs())
    return not (isinstance(node.value, str) and references(node.value))
