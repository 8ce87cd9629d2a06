"""Functions behind HTTP routes: they get a whole request and return a whole response.

A result without the envelope ``{status_code, headers, body}`` would reach an HTTP client as ``{}``.
"""

from __future__ import annotations

from typing import Any

from reference_workers.client.context import Json
from reference_workers.service.formats import OBJECT, form

REQUEST: Json = form(
    body={"description": "The body, if it is JSON."},
    headers=OBJECT,
    query_params=OBJECT,
    path_params=OBJECT,
    method={"type": "string"},
    path={"type": "string"},
)
"""What the function of an HTTP trigger gets from the engine. A wrong body gets status 400."""

RESPONSE: Json = form(
    "status_code",
    "body",
    status_code={"type": "integer", "minimum": 100, "maximum": 599},
    headers=OBJECT,
    body={"description": "The body, sent as JSON."},
)

CLIENT_FAULTS = {"invalid_request": 400, "forbidden": 403, "not_found": 404}
"""The error codes that the sender of a request can avoid, and their statuses."""


def respond(body: Json, status_code: int = 200) -> dict[str, Any]:
    """A response with a JSON body."""
    return {"status_code": status_code, "body": body}
