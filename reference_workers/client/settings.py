"""What a worker takes from its environment."""

from __future__ import annotations

import os
import platform
import socket
import sys
from collections.abc import Mapping
from dataclasses import dataclass

DEFAULT_URL = "ws://127.0.0.1:49134"


@dataclass(frozen=True, slots=True)
class Settings:
    """Address, name, namespace and bearer token of a worker."""

    url: str
    name: str
    namespace: str | None = None
    token: str | None = None

    @classmethod
    def of(cls, environment: Mapping[str, str], url: str | None = None) -> Settings:
        """The settings of a process: an argument comes first, then the environment.

        A variable that is set to blanks counts as not set.
        """

        def variable(name: str) -> str | None:
            return environment.get(name, "").strip() or None

        return cls(
            url=url or variable("III_URL") or DEFAULT_URL,
            name=variable("III_WORKER_NAME") or f"{socket.gethostname()}:{os.getpid()}",
            namespace=variable("III_NAMESPACE"),
            token=variable("III_TOKEN"),
        )

    def announcement(self, version: str) -> dict[str, object]:
        """The data of ``engine::workers::register``."""
        data: dict[str, object] = {
            "runtime": "python",
            "version": version,
            "name": self.name,
            "os": f"{sys.platform} {platform.machine()}",
            "pid": os.getpid(),
            "isolation": None,
            "telemetry": {"language": "python", "project_name": "iii-reference-workers"},
        }
        return data | ({"namespace": self.namespace} if self.namespace else {})
