"""Answers to plain HTTP requests."""

from __future__ import annotations

import http
from collections.abc import AsyncIterator
from dataclasses import dataclass, field

Body = bytes | AsyncIterator[bytes]


@dataclass(frozen=True, slots=True)
class Response:
    """An HTTP answer. The body is an iterator of chunks when its length is not known."""

    status: int
    body: Body = b""
    headers: tuple[tuple[str, str], ...] = field(default=())

    @property
    def reason(self) -> str:
        """The standard phrase of the status; empty for a status without one."""
        try:
            return http.HTTPStatus(self.status).phrase
        except ValueError:
            return ""
