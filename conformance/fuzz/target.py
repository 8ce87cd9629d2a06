"""What is fuzzed: the functions of a worker, and one invocation of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import Any

from conformance.documents.validity import Unsupported, Validity
from conformance.fuzz.values.generator import Generator
from conformance.fuzz.values.hostile import edges
from conformance.fuzz.values.options import options

WELL_KNOWN = "conformance::"
HARMLESS = ("conformance::echo", "conformance::fail", "conformance::metadata")
"""The well-known functions that neither wait nor do harm when invoked."""

_TELLS = {
    "properties", "required", "items", "prefixItems", "enum", "const", "anyOf", "oneOf", "allOf",
    "$ref", "pattern", "format", "minimum", "maximum", "additionalProperties", "minLength",
    "minItems", "maxLength",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Case:
    """Data for one invocation.

    ``text`` is the data as JSON; ``value`` the same as a tree. ``valid`` is whether the declared
    format allows it, ``None`` without one, and ``broken`` what it breaks. The engine would not pass
    on data that is not ``deliverable``. ``answer`` is the answer to the calls that the function
    makes meanwhile: members of an ``invocationresult`` as JSON; without it the engine answers them.
    """

    function_id: str
    text: bytes
    value: Any = field(compare=False)
    valid: bool | None = None
    broken: str = ""
    origin: str = ""
    deliverable: bool = True
    answer: str = ""


class FuzzTarget:
    """A function to fuzz, by its ``registerfunction`` message."""

    def __init__(self, function_id: str, registration: Mapping[str, Any]) -> None:
        self.id = function_id
        self.generator: Generator | None = None
        self.unsupported = ""
        self.request = registration.get("request_format")
        self.result: Validity | None = None
        self.says_much = isinstance(self.request, Mapping) and _tells(self.request)
        if isinstance(self.request, Mapping) and not is_anything(self.request):
            try:
                self.generator = Generator(self.request)
                self.structure = Validity(self.request, formats=False)
            except Unsupported as fault:
                self.generator, self.unsupported = None, str(fault)
        response = registration.get("response_format")
        if isinstance(response, Mapping) and not is_anything(response):
            try:
                self.result = Validity(response, formats=False)
            except Unsupported as fault:
                self.unsupported = f"response_format: {fault}"
        self.edges = edges(self.request)
        self.options = options(self.request) if self.generator is not None else []


def is_anything(schema: Mapping[str, Any]) -> bool:
    """Whether a format allows every value, as SDKs declare it for untyped handlers."""
    return set(schema) <= {"$schema", "title", "description", "$id", "$comment"}


def _tells(schema: Mapping[str, Any]) -> bool:
    """Whether a format says more than a bare type."""
    return any(schema.get(key) for key in _TELLS) or schema.get("type") not in (None, "object")


def targets(
    functions: Mapping[str, Mapping[str, Any]], patterns: tuple[str, ...] = ()
) -> dict[str, FuzzTarget]:
    """The functions to fuzz. Without patterns all, of the well-known ones those that do no harm."""

    def chosen(function_id: str) -> bool:
        if patterns:
            return any(fnmatchcase(function_id, pattern) for pattern in patterns)
        return not function_id.startswith(WELL_KNOWN) or function_id in HARMLESS

    return {name: FuzzTarget(name, body) for name, body in functions.items() if chosen(name)}
