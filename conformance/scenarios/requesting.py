"""A request to the engine's HTTP port, as a client of a worker sends it.

The standard library does: what it stands on is loaded by no other project's pytest.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from http.client import HTTPConnection, HTTPException, HTTPResponse
from typing import Any
from urllib.parse import urlencode, urlsplit

DEFAULTS = {"Accept": "*/*", "User-Agent": "iii-conformance"}


async def request(place: str, wanted: Mapping[str, Any], seconds: float) -> dict[str, Any]:
    """Send a request and return ``{status, headers, body}``, or ``{failure}``.

    ``place`` is the address of the port, ``wanted`` the content of a step ``http``.
    """
    try:
        async with asyncio.timeout(2 * seconds):
            return await asyncio.to_thread(_request, place, wanted, seconds)
    except (OSError, HTTPException) as fault:
        return {"failure": str(fault) or type(fault).__name__}


def _request(place: str, wanted: Mapping[str, Any], seconds: float) -> dict[str, Any]:
    address = urlsplit(place)
    query = urlencode(wanted.get("query") or {}, doseq=True)
    path = "/" + wanted["path"].removeprefix("/")  # as in a route, the slash may be missing
    target = path + (("&" if "?" in path else "?") + query if query else "")
    headers, body = {**DEFAULTS}, None
    if "json" in wanted:
        headers["Content-Type"], body = "application/json", json.dumps(wanted["json"]).encode()
    elif "text" in wanted:
        body = str(wanted["text"]).encode()
    headers |= wanted.get("headers") or {}
    connection = HTTPConnection(address.hostname or "", address.port, timeout=seconds)
    try:
        connection.request(wanted.get("method", "GET"), target, body, headers)
        return _answer(connection.getresponse())
    finally:
        connection.close()


def _answer(response: HTTPResponse) -> dict[str, Any]:
    """The answer as data; the body is JSON if its content type says so, otherwise a text."""
    raw = response.read()
    text = raw.decode(response.headers.get_content_charset() or "utf-8", "replace")
    body: Any = text
    if "json" in response.headers.get_content_type():
        try:
            body = json.loads(raw)
        except ValueError:
            body = text
    headers = {name.lower(): value for name, value in response.getheaders()}
    return {"status": response.status, "headers": headers, "body": body}
