"""Functions with formats: the format declared to the engine is checked before a handler runs.

A handler of this kind only gets data that matches its format. All other data is refused with an
error object of the code ``invalid_request`` that names the place and the reason.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

from jsonschema import Draft202012Validator
from jsonschema.exceptions import ValidationError, best_match

from reference_workers.client import Context, FunctionError, Worker
from reference_workers.client.context import Handler, Json

CALLER = "_caller_worker_id"
"""The key that the engine adds to the data of a call when it is an object (iii engine 0.23)."""

LONGEST_REASON = 300
"""The most characters of a refusal, because it quotes the data, which may be large."""

LONGEST_TEXT = 65_536
"""The most characters of a text that a function accepts, unless its format says less."""

TEXT: Json = {"type": "string", "minLength": 1, "maxLength": LONGEST_TEXT}
STRING: Json = {"type": "string"}
NUMBER: Json = {"type": "number"}
COUNT: Json = {"type": "integer", "minimum": 0}
BOOLEAN: Json = {"type": "boolean"}
OBJECT: Json = {"type": "object"}
REALM: Json = {
    "type": "string",
    "pattern": "^[a-z0-9][a-z0-9-]{0,63}$",
    "description": "The tenant; `default` without one.",
}


def text(most: int, **more: Json) -> Json:
    """The format of a text of 1 to ``most`` characters."""
    return {"type": "string", "minLength": 1, "maxLength": most, **more}


def array(items: Json, most: int | None = None) -> Json:
    """The format of a list of at most ``most`` ``items``."""
    return {"type": "array", "items": items, **({} if most is None else {"maxItems": most})}


def choice(*values: str) -> Json:
    """The format of one of some texts."""
    return {"type": "string", "enum": list(values)}


def form(*required: str, example: Json = None, **properties: Json) -> Json:
    """The format of an object with these properties; further ones are allowed.

    ``example`` is data that exercises as much of the function as possible.
    """
    made: Json = {"type": "object", "properties": properties, "required": list(required)}
    return made if example is None else made | {"examples": [example]}


@dataclass(frozen=True, slots=True)
class Function:
    """A handler with the formats of its data and of its results.

    ``metadata`` is shown in the engine's list of functions; ``{"tool": true}`` offers the function
    to agents.
    """

    run: Callable[[Any], Awaitable[Json]]
    request: Json
    response: Json
    metadata: Mapping[str, Json] | None = None


def offer_functions(worker: Worker, functions: Mapping[str, Function]) -> None:
    """Register functions by id, each with a check of its data."""
    for function_id, function in functions.items():
        worker.function(
            function_id,
            checked(function),
            description=" ".join((function.run.__doc__ or "").split("\n\n")[0].split()),
            request_format=function.request,
            response_format=function.response,
            metadata=dict(function.metadata) if function.metadata else None,
        )


def checked(function: Function) -> Handler:
    """The handler of a function, called only with data that matches its format."""
    validator = Draft202012Validator(function.request)

    async def handle(data: Json, context: Context) -> Json:
        del context
        refuse_unless_valid(validator, data)
        if isinstance(data, dict):
            data = {name: value for name, value in data.items() if name != CALLER}
        return await function.run(data)

    return handle


def refuse_unless_valid(validator: Draft202012Validator, data: Json) -> None:
    """Check data against a format.

    Raises:
        FunctionError: ``invalid_request``, with the place and the reason.
    """
    fault = best_match(validator.iter_errors(data))
    if fault is not None:
        raise FunctionError("invalid_request", explain(fault))


def explain(fault: ValidationError) -> str:
    """A violation in one line: where it is, what was expected, and what was seen."""
    reason = fault.message
    if len(reason) > LONGEST_REASON:
        rule = f"expected {fault.validator} {fault.validator_value!r}"
        reason = rule if len(rule) <= LONGEST_REASON else f"{rule[:LONGEST_REASON]}…"
    return f"{fault.json_path}: {reason}"
