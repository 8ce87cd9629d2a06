"""Cross-origin headers (Fetch standard, CORS protocol). Without a configuration all is allowed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from mock_engine.modules.http_answer import Headers

ANY = "*"
VARY = "origin, access-control-request-method, access-control-request-headers"


class Cors:
    """The rules for other origins; ``options`` is the value of ``cors`` in the configuration."""

    def __init__(self, options: Mapping[str, Any] | None) -> None:
        self._open = options is None
        options = options or {}
        self._origins = options.get("allowed_origins") or [ANY]
        self._methods = options.get("allowed_methods") or [ANY]
        self._headers = options.get("allowed_headers") or [ANY]

    def answer(self, origin: str | None) -> Headers:
        """The headers of an answer to a request from ``origin``."""
        exposed = (("access-control-expose-headers", ANY),) if self._open else ()
        return (*self._origin(origin), ("vary", VARY), *exposed)

    def preflight(self, origin: str | None) -> Headers:
        """The headers of an answer to an OPTIONS request."""
        return (
            *self._origin(origin),
            ("vary", VARY),
            ("access-control-allow-methods", _listed(self._methods)),
            ("access-control-allow-headers", _listed(self._headers)),
        )

    def _origin(self, origin: str | None) -> Headers:
        if ANY in self._origins:
            return (("access-control-allow-origin", ANY),)
        if origin in self._origins and origin is not None:
            return (("access-control-allow-origin", origin),)
        return ()


def _listed(names: Sequence[str]) -> str:
    return ANY if ANY in names else ",".join(names)
