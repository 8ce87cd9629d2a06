"""Functions: their ids and their formats."""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import lru_cache
from typing import Any

from conformance.checks.registering.each import each
from conformance.checks.stimuli.always import always
from conformance.requirements.verdict import Finding, broken, not_applicable
from conformance.settings.invoking import PREFIX
from conformance.trials.trial import Record
from mock_engine.rendering import as_json
from schemas import validate_schema_document

FORMATS = ("request_format", "response_format")


@each(
    "REG-001",
    "registerfunction",
    expected="a function id that is text and not empty",
    remedy="Name the function namespace::action.",
)
def functions_have_ids(body: Any) -> str | None:
    """A function without an id can never be invoked."""
    named = isinstance(body.get("id"), str) and body["id"].strip()
    return None if named else f"the id {as_json(body.get('id'))}"


@each(
    "REG-003",
    "registerfunction",
    expected="a function id of the form namespace::action",
    remedy="Put the name of the service in front, as in orders::create.",
)
def names_functions_by_convention(body: Any) -> str | None:
    """``namespace::action`` keeps the functions of many workers apart."""
    parts = body["id"].split("::") if isinstance(body.get("id"), str) else []
    named = len(parts) > 1 and all(part and not any(map(str.isspace, part)) for part in parts)
    return None if named else f"the id {as_json(body.get('id'))}"


@each(
    "REG-007",
    "registerfunction",
    expected="a valid JSON Schema",
    remedy="Send a JSON Schema object, or leave the format out.",
    of="functions with a format",
    concerns=lambda body: any(body.get(name) is not None for name in FORMATS),
)
def formats_are_json_schema(body: Any) -> str | None:
    """Callers and tools read the formats as JSON Schema."""
    for name in FORMATS:
        fault = _schema_fault(json.dumps(body.get(name)))
        if fault is not None:
            return f"{name} of {as_json(body.get('id'))}: {fault}"
    return None


@lru_cache(maxsize=4096)
def _schema_fault(text: str) -> str | None:
    """What is wrong with a schema, given as JSON; cached, because connections repeat them."""
    schema = json.loads(text)
    violation = None if schema is None else validate_schema_document(schema)
    return None if violation is None else violation.message


SAYING = frozenset(
    {
        *("type", "enum", "const", "properties", "required", "items", "prefixItems"),
        *("$ref", "anyOf", "oneOf", "allOf", "not", "if", "pattern", "format"),
        *("minimum", "maximum", "minLength", "maxLength", "additionalProperties"),
        *("patternProperties", "description"),
    }
)
"""Keywords of JSON Schema that rule something out, or tell a person that nothing is ruled out."""


@each(
    "REG-011",
    "registerfunction",
    expected="a request format that says what a call has to hold",
    remedy="Describe the members of the data; in Rust, take a typed struct, not Value.",
    of="functions with a request format, beside well-known ones, which may take anything",
    concerns=lambda body: (
        body.get("request_format") is not None and not str(body.get("id")).startswith(PREFIX)
    ),
)
def formats_say_something(body: Any) -> str | None:
    """Callers, fuzzers and language models build their calls from the request format."""
    schema = body["request_format"]
    if schema is True or (isinstance(schema, dict) and not SAYING & set(schema)):
        return f"request_format of {as_json(body.get('id'))} allows anything: {as_json(schema)}"
    return None


@always(
    "REG-010",
    "functions outside the default namespace",
    not_applicable("it is in the default namespace, where the engine allows them"),
)
def keeps_off_reserved_ids(record: Record[object]) -> Iterator[Finding | None]:
    """Outside the default namespace, ids that begin with ``engine::`` belong to the engine."""
    for number in record.talk.workers:
        namespace = _namespace(record, number)
        for registration in record.talk.registrations if namespace is not None else ():
            if (registration.kind, registration.message.connection) != ("registerfunction", number):
                continue
            reserved = str(registration.id).startswith("engine::")
            yield (
                None
                if not reserved
                else broken(
                    expected=f"no function engine::… in the namespace {namespace}",
                    seen=f"the function {as_json(registration.id)}",
                    events=(registration.message,),
                    remedy="Choose another name in front of the function.",
                )
            )


def _namespace(record: Record[object], number: int) -> str | None:
    """The namespace of a worker, by its announcement, where it is not the default one."""
    for call in record.talk.announcements(number):
        data = call.json.get("data")
        namespace = data.get("namespace") if isinstance(data, dict) else None
        if isinstance(namespace, str) and namespace != "default":
            return namespace
    return None
