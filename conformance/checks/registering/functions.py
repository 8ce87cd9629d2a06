"""Functions: their ids and their formats."""

from __future__ import annotations

from typing import Any

from conformance.checks.registering.faults import first_fault, of_kind
from conformance.checks.stimuli.living import looking_back
from conformance.requirements.verdict import Finding, broken, kept, not_applicable
from conformance.settings.invoking import PREFIX
from conformance.trials.trial import Record, check
from schemas import validate_schema_document


@check("REG-001", looking_back)
def functions_have_ids(record: Record[object]) -> Finding:
    """A function without an id can never be invoked."""
    return first_fault(
        of_kind(record, "registerfunction"),
        lambda body: (
            None
            if isinstance(body.get("id"), str) and body["id"].strip()
            else f"the id {body.get('id')!r}"
        ),
        expected="a function id that is text and not empty",
        remedy="Name the function namespace::action.",
        nothing="it registers no function",
    )


@check("REG-003", looking_back)
def names_functions_by_convention(record: Record[object]) -> Finding:
    """``namespace::action`` keeps the functions of many workers apart."""
    return first_fault(
        of_kind(record, "registerfunction"),
        lambda body: None if _conventional(body.get("id")) else f"the id {body.get('id')!r}",
        expected="a function id of the form namespace::action",
        remedy="Put the name of the service in front, as in orders::create.",
        nothing="it registers no function",
    )


def _conventional(function_id: object) -> bool:
    if not isinstance(function_id, str):
        return False
    parts = function_id.split("::")
    return len(parts) > 1 and all(parts)


@check("REG-007", looking_back)
def formats_are_json_schema(record: Record[object]) -> Finding:
    """Callers and tools read the formats as JSON Schema."""

    def fault(body: Any) -> str | None:
        for name in ("request_format", "response_format"):
            if body.get(name) is not None:
                violation = validate_schema_document(body[name])
                if violation is not None:
                    return f"{name} of {body.get('id')!r}: {violation.message}"
        return None

    entries = [
        entry
        for entry in of_kind(record, "registerfunction")
        if entry.message.json.get("request_format") is not None
        or entry.message.json.get("response_format") is not None
    ]
    return first_fault(
        entries,
        fault,
        expected="a valid JSON Schema",
        remedy="Send a JSON Schema object, or leave the format out.",
        nothing="it gives no formats",
    )


SAYING = frozenset(
    {
        *("type", "enum", "const", "properties", "required", "items", "prefixItems"),
        *("$ref", "anyOf", "oneOf", "allOf", "not", "if", "pattern", "format"),
        *("minimum", "maximum", "minLength", "maxLength", "additionalProperties"),
        *("patternProperties", "description"),
    }
)
"""Keywords of JSON Schema that rule something out, or tell a person that nothing is."""


@check("REG-011", looking_back)
def formats_say_something(record: Record[object]) -> Finding:
    """Callers, fuzzers and language models make calls from the request format."""

    def fault(body: Any) -> str | None:
        schema = body["request_format"]
        if schema is True or (isinstance(schema, dict) and not SAYING & set(schema)):
            return f"request_format of {body.get('id')!r} allows anything: {schema!r}"
        return None

    entries = [
        entry
        for entry in of_kind(record, "registerfunction")
        if entry.message.json.get("request_format") is not None
        and not str(entry.id).startswith(PREFIX)
    ]
    return first_fault(
        entries,
        fault,
        expected="a request format that says what a call has to hold",
        remedy="Describe the members of the data; in Rust, take a typed struct, not Value.",
        nothing="none but well-known functions, which may take anything, give a request format",
    )


@check("REG-010", looking_back)
def keeps_off_reserved_ids(record: Record[object]) -> Finding:
    """Ids that begin with ``engine::`` are the engine's own outside the default namespace."""
    namespaces = {
        namespace
        for call in record.talk.announcements()
        if isinstance(call.json.get("data"), dict)
        and isinstance(namespace := call.json["data"].get("namespace"), str)
    } - {"default"}
    if not namespaces:
        return not_applicable("it is in the default namespace, where the engine allows them")
    reserved = [r for r in record.talk.registrations if str(r.id).startswith("engine::")]
    if not reserved:
        return kept("no function id begins with engine::")
    return broken(
        expected=f"no function engine::… in the namespace {min(map(str, namespaces))}",
        seen=f"the function {reserved[0].id!r}",
        events=(reserved[0].message,),
        remedy="Choose another name in front of the function.",
    )
