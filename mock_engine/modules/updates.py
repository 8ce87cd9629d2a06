"""The operations of ``state::update`` and ``stream::update``.

An operation that cannot be applied is reported and skipped; the others apply (iii state errors).
"""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Sequence
from typing import Any

from mock_engine.inputs import Field, Form, is_anything, is_list, is_text, optional
from mock_engine.modules.base import Failure
from mock_engine.modules.store import MISSING

DOCUMENTATION = "https://iii.dev/docs/workers/iii-state#error-codes"
DEEPEST_PATH = 32
LONGEST_SEGMENT = 256
SINKS = ("__proto__", "constructor", "prototype")


class Refused(Exception):  # noqa: N818 - an entry of the answer, not a failure
    """An operation cannot be applied."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


def check(ops: Sequence[Any], function_id: str) -> None:
    """Refuse operations that cannot be read at all.

    Raises:
        Failure: ``deserialization_error``.
    """
    for op in ops:
        complaint = _complaint(op)
        if complaint is not None:
            text = f"Failed to deserialize input for {function_id}: {complaint}"
            raise Failure("deserialization_error", text)


def _complaint(op: Any) -> str | None:
    if not isinstance(op, dict) or "type" not in op:
        return "missing field `type`"
    kind = op["type"]
    if kind not in _OPERATIONS:
        names = ", ".join(f"`{name}`" for name in _OPERATIONS)
        return f"unknown variant `{kind}`, expected one of {names}"
    if kind in ("merge", "append"):
        return _MERGE.examine(op)[0]
    return _FORMS[kind].examine(op)[0]


def _is_whole(value: Any) -> str | None:
    return None if isinstance(value, int) and not isinstance(value, bool) else "i64"


_MERGE = Form("UpdateOp", (optional("path", is_anything), Field("value", is_anything)))
_STEP = Form("UpdateOp", (Field("path"), Field("by", _is_whole)))
_FORMS = {
    "set": Form("UpdateOp", (Field("path"), optional("value", is_anything))),
    "increment": _STEP,
    "decrement": _STEP,
    "remove": Form("UpdateOp", (Field("path", is_text),)),
}


def apply(value: Any, ops: Sequence[Any]) -> tuple[Any, list[dict[str, Any]]]:
    """Apply operations to a value (``MISSING`` for none); return the new one and the errors."""
    current = None if value is MISSING else copy.deepcopy(value)
    errors = []
    for index, op in enumerate(ops):
        try:
            current = _OPERATIONS[op["type"]](current, op)
        except Refused as refused:
            errors.append(
                {
                    "op_index": index,
                    "code": refused.code,
                    "message": str(refused),
                    "doc_url": DOCUMENTATION,
                }
            )
    return current, errors


def _field_of(current: Any, path: str, verb: str) -> dict[str, Any]:
    """The object that ``path`` is a field of."""
    if path in SINKS:
        text = f"Path segment '{path}' is not allowed (prototype pollution)."
        raise Refused(f"{verb}.path.proto_polluted", text)
    if current is None:
        return {}
    if not isinstance(current, dict):
        kind = kind_of(current)
        text = f"Cannot {verb} at path '{path}': target is {kind}, expected object."
        raise Refused(f"{verb}.target_not_object", text)
    return current


def _set(current: Any, op: Any) -> Any:
    path, value = op["path"], op.get("value")
    if path == "":
        return value
    return _field_of(current, path, "set") | {path: value}


def _remove(current: Any, op: Any) -> Any:
    path = op["path"]
    if path == "":
        return None
    fields = _field_of(current, path, "remove")
    return {key: value for key, value in fields.items() if key != path} if current else current


def _increment(current: Any, op: Any) -> Any:
    return _step(current, op, op["by"], "increment")


def _decrement(current: Any, op: Any) -> Any:
    return _step(current, op, -op["by"], "decrement")


def _step(current: Any, op: Any, by: int, verb: str) -> Any:
    path = op["path"]
    if path == "":
        return _sum(current, by, "root", verb)
    fields = _field_of(current, path, verb)
    return fields | {path: _sum(fields.get(path), by, path, verb)}


def _sum(value: Any, by: int, path: str, verb: str) -> Any:
    if value is None:
        return by
    if not isinstance(value, int | float) or isinstance(value, bool):
        text = f"Expected number at path '{path}', got {kind_of(value)}."
        raise Refused(f"{verb}.not_number", text)
    return value + by


def _segments(op: Any, verb: str) -> list[str]:
    given = op.get("path")
    if given is None or given == "":
        return []
    segments = given if isinstance(given, list) else [given]
    if len(segments) > DEEPEST_PATH:
        text = f"Path depth {len(segments)} exceeds maximum of {DEEPEST_PATH}"
        raise Refused(f"{verb}.path.too_deep", text)
    for segment in segments:
        if segment == "":
            raise Refused(f"{verb}.path.empty_segment", "Path contains an empty segment")
        if segment in SINKS:
            text = f"Path segment '{segment}' is not allowed (prototype pollution)."
            raise Refused(f"{verb}.path.proto_polluted", text)
        if len(segment) > LONGEST_SEGMENT:
            text = f"Path segment exceeds maximum length of {LONGEST_SEGMENT}"
            raise Refused(f"{verb}.path.segment_too_long", text)
    return segments


def _within(current: Any, segments: Sequence[str], change: Callable[[Any], Any]) -> Any:
    """Change what ``segments`` lead to, making objects of whatever else is on the way."""
    if not segments:
        return change(current)
    fields = current if isinstance(current, dict) else {}
    head, *rest = segments
    return fields | {head: _within(fields.get(head, MISSING), rest, change)}


def _merge(current: Any, op: Any) -> Any:
    segments, value = _segments(op, "merge"), op["value"]
    if not isinstance(value, dict):
        raise Refused("merge.value.not_an_object", "Merge value must be a JSON object")
    for key in value:
        if key in SINKS:
            text = f"Merge value top-level key {json.dumps(key)} is a prototype-pollution sink"
            raise Refused("merge.value.proto_polluted", text)

    def change(target: Any) -> Any:
        return (target if isinstance(target, dict) else {}) | value

    if not segments and current is not None and not isinstance(current, dict):
        return current
    return _within(current, segments, change)


def _append(current: Any, op: Any) -> Any:
    segments, value = _segments(op, "append"), op["value"]
    path = "root" if not segments else ".".join(segments)
    if segments and current is not None and not isinstance(current, dict):
        shown = f"[{', '.join(segments)}]"
        text = f"Cannot append at path '{shown}': target is {kind_of(current)}, expected object."
        raise Refused("append.target_not_object", text)
    nested = len(segments) > 1

    def change(target: Any) -> Any:
        return _appended(target, value, path, as_list=nested)

    return _within(current, segments, change)


def _appended(target: Any, value: Any, path: str, *, as_list: bool) -> Any:
    match target:
        case list():
            return [*target, value]
        case str():
            if not isinstance(value, str):
                text = f"Expected string append value at path '{path}', got {kind_of(value)}."
                raise Refused("append.type_mismatch", text)
            return target + value
    if target is None or target is MISSING:
        return value if isinstance(value, str) and not as_list else [value]
    kind = kind_of(target)
    text = (
        f"Cannot append at path '{path}': target is {kind}, "
        "expected array, string, null, or missing field."
    )
    raise Refused("append.type_mismatch", text)


def kind_of(value: Any) -> str:
    """The JSON type of a value."""
    match value:
        case None:
            return "null"
        case bool():
            return "boolean"
        case int() | float():
            return "number"
        case str():
            return "string"
        case list():
            return "array"
    return "object"


_OPERATIONS: dict[str, Callable[[Any, Any], Any]] = {
    "set": _set,
    "merge": _merge,
    "increment": _increment,
    "decrement": _decrement,
    "append": _append,
    "remove": _remove,
}

OPS = Field("ops", is_list)
