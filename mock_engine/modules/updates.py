"""The operations of ``state::update`` and ``stream::update``.

An operation that cannot be applied is reported and skipped; the others are applied (iii state
errors).
"""

from __future__ import annotations

import copy
import json
import math
from collections.abc import Callable, Sequence
from typing import Any

from mock_engine.inputs import (
    Complaint,
    Field,
    Form,
    describe,
    is_anything,
    is_list,
    is_text,
    optional,
)
from mock_engine.modules.store import MISSING

DOCUMENTATION = "https://iii.dev/docs/workers/iii-state#error-codes"
DEEPEST_PATH = 32
LONGEST_SEGMENT = 256
DEEPEST_VALUE = 16
MOST_KEYS = 1024
LEAST, MOST = -(1 << 63), (1 << 64) - 1
SINKS = ("__proto__", "constructor", "prototype")


class Refused(Exception):  # noqa: N818 - an entry of the answer, not a failure
    """An operation cannot be applied."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


def are_operations(value: Any) -> str | None:
    """An array of valid operations, whether or not they can be applied."""
    complaints = map(_complaint, value) if isinstance(value, list) else ()
    found = next((Complaint(complaint) for complaint in complaints if complaint is not None), None)
    return is_list(value) or found


def _complaint(op: Any) -> str | None:
    if not isinstance(op, dict):
        return f"invalid type: {describe(op)}, expected internally tagged enum UpdateOp"
    if "type" not in op:
        return "missing field `type`"
    kind = op["type"]
    if not isinstance(kind, str):
        return f"invalid type: {describe(kind)}, expected variant identifier"
    if kind not in _OPERATIONS:
        names = ", ".join(f"`{name}`" for name in _OPERATIONS)
        return f"unknown variant `{kind}`, expected one of {names}"
    complaint = _FORMS[kind].examine(op)[0]
    if complaint is None and kind in ("merge", "append") and not _is_path(op.get("path")):
        return "data did not match any variant of untagged enum MergePath"
    return complaint


def _is_path(path: Any) -> bool:
    if isinstance(path, list):
        return all(isinstance(segment, str) for segment in path)
    return path is None or isinstance(path, str)


def _is_i64(value: Any) -> str | None:
    whole = isinstance(value, int) and not isinstance(value, bool)
    return None if whole and LEAST <= value <= -LEAST - 1 else "i64"


_MERGE = Form("UpdateOp", (optional("path", is_anything), Field("value", is_anything)))
_STEP = Form("UpdateOp", (Field("path"), Field("by", _is_i64)))
_FORMS = {
    "set": Form("UpdateOp", (Field("path"), optional("value", is_anything))),
    "merge": _MERGE,
    "append": _MERGE,
    "increment": _STEP,
    "decrement": _STEP,
    "remove": Form("UpdateOp", (Field("path", is_text),)),
}


def plain(op: dict[str, Any]) -> dict[str, Any]:
    """An operation with only the fields of its kind, as the engine passes it on."""
    names = [field.name for field in _FORMS[op["type"]].fields]
    fields = {"type": op["type"]} | {name: op.get(name) for name in names}
    if op["type"] in ("merge", "append") and fields["path"] is None:
        del fields["path"]
    return fields


def apply(value: Any, ops: Sequence[Any]) -> tuple[Any, list[dict[str, Any]]]:
    """Apply operations to a value (``MISSING`` for none); return the new one and the errors."""
    current = value if value is MISSING else copy.deepcopy(value)
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
    return {} if current is MISSING else current, errors


def applying(ops: Sequence[Any], errors: list[Any]) -> Callable[[Any], Any]:
    """A function that applies operations to a value and appends what went wrong to ``errors``."""

    def change(value: Any) -> Any:
        changed, errors[:] = apply(value, ops)
        return changed

    return change


def _segments(op: Any) -> list[str]:
    """The path of an operation, from the root."""
    verb, path = op["type"], op.get("path")
    if path is None or path == "":
        return []
    segments = path if isinstance(path, list) else [path]
    if len(segments) > DEEPEST_PATH:
        text = f"Path depth {len(segments)} exceeds maximum of {DEEPEST_PATH}"
        raise Refused(f"{verb}.path.too_deep", text)
    for segment in segments:
        size = len(segment.encode(errors="surrogatepass"))
        if size == 0:
            raise Refused(f"{verb}.path.empty_segment", "Path contains an empty segment")
        if size > LONGEST_SEGMENT:
            text = f"Path segment of {size} bytes exceeds maximum of {LONGEST_SEGMENT}"
            raise Refused(f"{verb}.path.segment_too_long", text)
        if segment in SINKS:
            text = f"Path segment '{segment}' is not allowed (prototype pollution)."
            raise Refused(f"{verb}.path.proto_polluted", text)
    return segments


def _field_of(current: Any, op: Any, shown: str) -> dict[str, Any]:
    """The object in which an operation changes a field."""
    if current is MISSING:
        return {}
    if not isinstance(current, dict):
        verb, kind = op["type"], kind_of(current)
        text = f"Cannot {verb} at path '{shown}': target is {kind}, expected object."
        raise Refused(f"{verb}.target_not_object", text)
    return current


def _set(current: Any, op: Any) -> Any:
    segments, value = _segments(op), op.get("value")
    if not segments:
        return value
    return _field_of(current, op, op["path"]) | {op["path"]: value}


def _remove(current: Any, op: Any) -> Any:
    if not _segments(op):
        return None
    fields = _field_of(current, op, op["path"])
    return {key: value for key, value in fields.items() if key != op["path"]}


def _step(current: Any, op: Any) -> Any:
    if not _segments(op):
        return _sum(current, op, "root")
    path = op["path"]
    fields = _field_of(current, op, path)
    return fields | {path: _sum(fields.get(path, MISSING), op, path)}


def _sum(value: Any, op: Any, path: str) -> Any:
    by = op["by"] if op["type"] == "increment" else -op["by"]
    if value is MISSING:
        return by
    if isinstance(value, int | float) and not isinstance(value, bool):
        result = value + by
        if isinstance(result, int) and LEAST <= result <= MOST:
            return result
        if isinstance(result, float) and math.isfinite(result):
            return result
    text = f"Expected number at path '{path}', got {kind_of(value)}."
    raise Refused(f"{op['type']}.not_number", text)


def _within(current: Any, segments: Sequence[str], change: Callable[[Any], Any]) -> Any:
    """Change the value at ``segments``; anything else on the way is replaced by an object."""
    if not segments:
        return change(current)
    fields = current if isinstance(current, dict) else {}
    head, *rest = segments
    return fields | {head: _within(fields.get(head, MISSING), rest, change)}


def _merge(current: Any, op: Any) -> Any:
    segments, value = _segments(op), op["value"]
    _check_merged(value)
    if not segments and current is not MISSING and not isinstance(current, dict):
        return current
    return _within(
        current, segments, lambda target: (target if isinstance(target, dict) else {}) | value
    )


def _check_merged(value: Any) -> None:
    if not isinstance(value, dict):
        raise Refused("merge.value.not_an_object", "Merge value must be a JSON object")
    if len(value) > MOST_KEYS:
        text = f"Merge value has {len(value)} top-level keys, exceeds maximum of {MOST_KEYS}"
        raise Refused("merge.value.too_many_keys", text)
    for key in value:
        if key in SINKS:
            text = f"Merge value top-level key {json.dumps(key)} is a prototype-pollution sink"
            raise Refused("merge.value.proto_polluted", text)
    depth = _depth(value)
    if depth > DEEPEST_VALUE:
        text = f"Merge value JSON nesting depth {depth} exceeds maximum of {DEEPEST_VALUE}"
        raise Refused("merge.value.too_deep", text)


def _depth(value: Any) -> int:
    """How deep objects and arrays are nested; not recursive, because the depth may be large."""
    depth, level = 0, [value]
    while level := [part for part in level if isinstance(part, dict | list)]:
        depth += 1
        level = [
            inner for part in level for inner in (part.values() if isinstance(part, dict) else part)
        ]
    return depth


def _append(current: Any, op: Any) -> Any:
    segments, value = _segments(op), op["value"]
    if not segments:
        return _appended(None if current is MISSING else current, value, "root")
    _field_of(current, op, f"[{', '.join(segments)}]")
    nested = len(segments) > 1

    def change(target: Any) -> Any:
        if target is MISSING and nested:
            return [value]
        return _appended(None if target is MISSING else target, value, segments[-1])

    return _within(current, segments, change)


def _appended(target: Any, value: Any, path: str) -> Any:
    match target:
        case None:
            return value if isinstance(value, str) else [value]
        case list():
            return [*target, value]
        case str():
            if not isinstance(value, str):
                text = f"Expected string append value at path '{path}', got {kind_of(value)}."
                raise Refused("append.type_mismatch", text)
            return target + value
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
    "increment": _step,
    "decrement": _step,
    "append": _append,
    "remove": _remove,
}

OPS = Field("ops", are_operations)
