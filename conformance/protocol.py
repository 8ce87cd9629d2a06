"""Which protocol version a worker speaks.

An official SDK announces its own version, and that is the version of the protocol; the framework
in its telemetry tells that it is one. Any other worker is held to the newest version.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

NEWEST = "0.25"
FRAMEWORKS = ("iii-py", "iii-node", "iii-rust", "iii-go")
FIRST_WITH_FRAMEWORK = (0, 11)


@dataclass(frozen=True, slots=True)
class Protocol:
    """A protocol version, and how it is known."""

    version: str
    reason: str

    def knows(self, since: str | None, until: str | None) -> bool:
        """Whether a rule that holds from ``since`` to ``until``, both included, holds here."""
        own = numbers(self.version)
        if since is not None and own < numbers(since):
            return False
        return until is None or own[: len(numbers(until))] <= numbers(until)


def numbers(version: str) -> tuple[int, ...]:
    """The numbers of a version text, without a pre-release suffix."""
    return tuple(int(number) for number in re.findall(r"\d+", version.partition("-")[0]))


def announced(announcements: list[Mapping[str, Any]]) -> Protocol:
    """The version that a worker's announcements tell, given as their ``data`` objects."""
    for data in announcements:
        telemetry = data.get("telemetry")
        framework = telemetry.get("framework") if isinstance(telemetry, Mapping) else None
        version = data.get("version")
        if isinstance(version, str) and _is_sdk(framework, version):
            return Protocol(version, f"the worker announces the SDK {framework} {version}")
    return Protocol(NEWEST, f"the worker is held to {NEWEST}, the newest")


def _is_sdk(framework: object, version: str) -> bool:
    return framework in FRAMEWORKS and numbers(version) >= FIRST_WITH_FRAMEWORK
