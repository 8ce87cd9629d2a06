"""Which protocol version a worker speaks.

An official SDK announces its own version, and that is the version of the protocol; the framework
in its telemetry tells that it is one. Any other worker is held to the newest version. The user
may name a version instead.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from conformance.errors import UsageError

AUTO = "auto"
NEWEST, KNOWN = "0.25", "0.26"
"""The newest version that was released, which workers are held to, and the newest that is known."""

FRAMEWORKS = ("iii-py", "iii-node", "iii-rust", "iii-go")
FIRST_WITH_FRAMEWORK = (0, 11)


@dataclass(frozen=True, slots=True)
class Protocol:
    """A protocol version, how it is known, and the features that the worker announced."""

    version: str
    reason: str
    features: tuple[str, ...] = ()

    def knows(self, since: str | None, until: str | None) -> bool:
        """Whether a rule that holds from ``since`` to ``until``, both included, holds here."""
        own = numbers(self.version)
        if since is not None and own < numbers(since):
            return False
        return until is None or own[: len(numbers(until))] <= numbers(until)


def numbers(version: str) -> tuple[int, ...]:
    """The numbers of a version text, without a pre-release suffix."""
    return tuple(int(number) for number in re.findall(r"\d+", version.partition("-")[0]))


def chosen(text: str) -> str | None:
    """The version that the user asked for, or ``None`` when the announcement is to tell it.

    Raises:
        UsageError: it is no version, or newer than what is known.
    """
    if text == AUTO:
        return None
    if not re.fullmatch(r"0\.\d+(\.\d+)?", text):
        raise UsageError(f"--protocol is {text!r}; give {AUTO} or a version, such as 0.11 or 0.23")
    if numbers(text)[:2] > numbers(KNOWN):
        raise UsageError(f"--protocol is {text}; the newest version known here is {KNOWN}")
    return text


def spoken(announcements: list[Mapping[str, Any]], version: str | None = None) -> Protocol:
    """The protocol of a worker, by its announcements, given as their ``data`` objects.

    ``version`` is the one that the user asked for, if any.
    """
    features = tuple(
        dict.fromkeys(
            feature
            for data in announcements
            if isinstance(data.get("features"), list)
            for feature in data["features"]
            if isinstance(feature, str)
        )
    )
    if version is not None:
        return Protocol(version, f"asked for with --protocol {version}", features)
    return replace(_announced(announcements), features=features)


def _announced(announcements: list[Mapping[str, Any]]) -> Protocol:
    for data in announcements:
        telemetry = data.get("telemetry")
        framework = telemetry.get("framework") if isinstance(telemetry, Mapping) else None
        version = data.get("version")
        if isinstance(version, str) and _is_sdk(framework, version):
            return Protocol(version, f"the worker announces the SDK {framework} {version}")
    return Protocol(NEWEST, f"the worker is held to {NEWEST}, the newest")


def _is_sdk(framework: object, version: str) -> bool:
    return framework in FRAMEWORKS and numbers(version) >= FIRST_WITH_FRAMEWORK
