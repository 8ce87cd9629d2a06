"""The addresses of an engine."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from conformance.errors import Inconclusive


@dataclass(frozen=True, slots=True)
class Address:
    """The URLs of an engine by ``ws``, ``rbac``, ``http`` and ``stream``, and its process."""

    urls: Mapping[str, str]
    pid: int | None = None

    def url(self, base: str) -> str:
        """The URL of a port.

        Raises:
            Inconclusive: it is not known.
        """
        if base not in self.urls:
            raise Inconclusive(f"takes the engine's address `{base}`: --engine-url={base}=URL")
        return self.urls[base].rstrip("/")
