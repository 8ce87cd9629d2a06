"""``web::fetch``: pages of hosts on an allowlist."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any
from urllib.parse import urljoin, urlsplit

import httpx

from reference_workers.client import FunctionError
from reference_workers.client.context import Json
from reference_workers.service import STRING, Function, form, text

VARIABLE = "TOOLS_WEB_ALLOW"
"""Hosts, or hosts with ports, separated by commas. Without it nothing is fetched."""

SECONDS = 10.0
LARGEST = 200_000
"""The most bytes of a page that are read; the rest is cut off."""

MOST_REDIRECTS = 5


class Web:
    """Fetches pages. Every redirect is checked against the list like the first address."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        named = environment.get(VARIABLE, "").split(",")
        self._allowed = frozenset(host.strip().lower() for host in named if host.strip())

    def functions(self) -> dict[str, Function]:
        """The tools, by id."""
        status = {"type": "integer", "minimum": 100, "maximum": 999}
        return {
            "web::fetch": Function(
                self.fetch,
                form("url", url=text(2000), example={"url": "http://127.0.0.1:8080/"}),
                form("status", "text", status=status, text=STRING, url=STRING),
                metadata={"untrusted": True},
            )
        }

    async def fetch(self, data: dict[str, Any]) -> Json:
        """Fetch a page of a host that is on the list of allowed ones."""
        try:
            async with asyncio.timeout(SECONDS):
                return await self._fetch(data["url"])
        except TimeoutError:
            raise FunctionError("TIMEOUT", f"no page within {SECONDS:g} s") from None
        except (httpx.HTTPError, httpx.InvalidURL, UnicodeError) as fault:
            raise FunctionError("fetch_failed", f"{type(fault).__name__}: {fault}"[:200]) from None

    async def _fetch(self, url: str) -> Json:
        async with httpx.AsyncClient(timeout=SECONDS, trust_env=False) as client:
            for _ in range(MOST_REDIRECTS + 1):
                self._check(url)
                async with client.stream("GET", url) as answer:
                    if not answer.has_redirect_location:
                        page = await _beginning(answer)
                        return {"status": answer.status_code, "text": page, "url": url}
                    url = urljoin(url, answer.headers["location"])
        raise FunctionError("fetch_failed", f"more than {MOST_REDIRECTS} redirects")

    def _check(self, url: str) -> None:
        """Check that an address is on the list.

        Raises:
            FunctionError: ``invalid_request``, ``forbidden``.
        """
        try:
            parts = urlsplit(url)
            host, port = parts.hostname or "", parts.port
        except ValueError:
            raise FunctionError("invalid_request", "this is no address") from None
        if parts.scheme not in ("http", "https") or not host:
            raise FunctionError("invalid_request", "expected http://HOST or https://HOST")
        if not {host, f"{host}:{port}"} & self._allowed:
            told = f"{host[:100]!r} is not on the list of {VARIABLE}"
            raise FunctionError("forbidden", told)


async def _beginning(answer: httpx.Response) -> str:
    """The part of a page that is read, as text."""
    read = bytearray()
    async for part in answer.aiter_bytes():
        read += part
        if len(read) >= LARGEST:
            break
    encoding = answer.charset_encoding or "utf-8"
    try:
        return bytes(read[:LARGEST]).decode(encoding, "replace")
    except LookupError:
        return bytes(read[:LARGEST]).decode("utf-8", "replace")
