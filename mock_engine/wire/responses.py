"""What a plain HTTP request is answered with."""

from __future__ import annotations

import http
from collections.abc import AsyncIterator
from dataclasses import dataclass, field

Body = bytes | AsyncIterator[bytes]


@dataclass(frozen=True, slots=True)
class Response:
    """An HTTP answer. A body of unknown length is an iterator of chunks."""

    status: int
    body: Body = b""
    headers: tuple[tuple[str, str], ...] = field(default=())

    @property
    def reason(self) -> str:
        """The standard phrase of the status, empty for one without."""
        try:
            return http.HTTPStatus(self.status).phrase
        except ValueError:
            return ""
