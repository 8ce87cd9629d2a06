"""The settings of a worker in its environment."""

from __future__ import annotations

import os
import platform
import socket
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

DEFAULT_URL = "ws://127.0.0.1:49134"


class SettingsError(Exception):
    """A setting is invalid; the message says which one and what is expected."""


@dataclass(frozen=True, slots=True)
class Settings:
    """Address, name, namespace, bearer token and isolation of a worker."""

    url: str
    name: str
    namespace: str | None = None
    token: str | None = None
    isolation: str | None = None

    @classmethod
    def of(cls, environment: Mapping[str, str], url: str | None = None) -> Settings:
        """The settings of a process: an argument takes precedence over the environment.

        A variable that is set to blanks counts as not set.

        Raises:
            SettingsError: the address is not a WebSocket URL.
        """

        def variable(name: str) -> str | None:
            return environment.get(name, "").strip() or None

        return cls(
            url=_checked(url or variable("III_URL") or DEFAULT_URL),
            name=variable("III_WORKER_NAME") or f"{socket.gethostname()}:{os.getpid()}",
            namespace=variable("III_NAMESPACE"),
            token=variable("III_TOKEN"),
            isolation=variable("III_ISOLATION"),
        )

    @property
    def place(self) -> str:
        """Host and port, without the path and the query, which may contain secrets."""
        parts = urlsplit(self.url)
        return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}"

    @property
    def headers(self) -> dict[str, str]:
        """The additional headers of each upgrade request."""
        return {"Authorization": f"Bearer {self.token}"} if self.token else {}

    def announcement(self, version: str) -> dict[str, object]:
        """The data of ``engine::workers::register``."""
        data: dict[str, object] = {
            "runtime": "python",
            "version": version,
            "name": self.name,
            "os": f"{sys.platform} {platform.machine()}",
            "pid": os.getpid(),
            "isolation": self.isolation,
            "telemetry": {"language": "python", "project_name": "iii-reference-workers"},
        }
        return data | ({"namespace": self.namespace} if self.namespace else {})


def _checked(url: str) -> str:
    try:
        parts = urlsplit(url)
        usable = parts.scheme in ("ws", "wss") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        usable = False
    if not usable:
        raise SettingsError(f"expected an address such as {DEFAULT_URL}, not {url!r}")
    return url
