"""Validation of messages with their schemas, with violations that a person can act on."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from jsonschema import Draft202012Validator, ValidationError
from jsonschema.exceptions import best_match
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT202012

from schemas.documents import Direction, functions, load, messages, trigger_configs

UNKNOWN_TYPE = "urn:iii:protocol:unknown-type"


@dataclass(frozen=True, slots=True)
class Violation:
    """One violation. ``path`` is a JSON pointer, ``rule`` the schema that is violated."""

    path: str
    message: str
    rule: str


def validate(direction: Direction, frame: object) -> tuple[Violation, ...]:
    """The violations of a message; empty for a valid one. Never raises, whatever ``frame`` is.

    ``frame`` is a JSON value as returned by ``json.loads``.
    """
    if not isinstance(frame, dict):
        kind = _kind(frame)
        return (Violation("", f"expected an object, found {kind}", "urn:iii:protocol"),)
    message_type = frame.get("type")
    if not isinstance(message_type, str) or message_type not in messages(direction):
        return (Violation("/type", f"unknown message type {message_type!r}", UNKNOWN_TYPE),)
    validator = _validator(f"{direction.value}/{message_type}")
    return tuple(_violation(fault, validator) for fault in validator.iter_errors(frame))


def validate_call(function_id: str, data: object) -> tuple[Violation, ...] | None:
    """The violations in a call's data; ``None`` when the function is not one of the engine's."""
    schema = functions().get(function_id)
    return None if schema is None else _violations(schema, data)


def validate_config(trigger_type: str, config: object) -> tuple[Violation, ...] | None:
    """The violations in a trigger's config; ``None`` when the type is not one of the engine's."""
    schema = trigger_configs().get(trigger_type)
    return None if schema is None else _violations(schema, config)


def _violations(schema: Mapping[str, Any], value: object) -> tuple[Violation, ...]:
    validator = Draft202012Validator(dict(schema), registry=_registry())
    return tuple(_violation(fault, validator) for fault in validator.iter_errors(value))


@cache
def _registry() -> Registry[Any]:
    common = load("common")
    resource = Resource.from_contents(dict(common), default_specification=DRAFT202012)
    registry: Registry[Any] = Registry().with_resource(common["$id"], resource)
    return registry


@cache
def _validator(name: str) -> Draft202012Validator:
    return Draft202012Validator(dict(load(name)), registry=_registry())


def _violation(fault: ValidationError, validator: Draft202012Validator) -> Violation:
    # Among alternatives, the one that came closest explains best what is wrong.
    told = best_match([fault]) or fault
    path = "".join(f"/{part}" for part in told.absolute_path)
    schema = validator.schema
    identity = schema["$id"] if isinstance(schema, dict) else ""
    return Violation(path, _words(told), f"{identity}#/{'/'.join(map(str, fault.schema_path))}")


def _words(fault: ValidationError) -> str:
    if fault.validator == "required":
        return str(fault.message)
    if fault.validator == "type":
        wanted = fault.validator_value
        expected = " or ".join(wanted) if isinstance(wanted, list) else str(wanted)
        return f"expected {expected}, found {_kind(fault.instance)} {_short(fault.instance)}"
    if fault.validator == "pattern":
        return f"{_short(fault.instance)} does not have the form {fault.validator_value}"
    return _shortened(str(fault.message))


def _kind(value: object) -> str:
    names = {dict: "object", list: "array", str: "string", bool: "boolean", int: "integer"}
    return "null" if value is None else names.get(type(value), "number")


def _short(value: object) -> str:
    return _shortened(json.dumps(value, ensure_ascii=False, default=repr))


def _shortened(text: str, width: int = 120) -> str:
    return text if len(text) <= width else text[: width - 1] + "…"
