"""Versions as numbers, and ranges of them."""

from __future__ import annotations

import re
from dataclasses import dataclass


def numbers(version: str) -> tuple[int, ...]:
    """The numbers of a version text, without a pre-release suffix."""
    return tuple(int(number) for number in re.findall(r"\d+", version.partition("-")[0]))


@dataclass(frozen=True, slots=True)
class VersionRange:
    """The versions from ``since`` to ``until``, both included; ``None`` means unbounded."""

    since: str | None = None
    until: str | None = None

    def holds(self, version: str) -> bool:
        """Whether a version is in the range; ``until`` includes the releases of its own series."""
        own = numbers(version)
        if self.since is not None and own < numbers(self.since):
            return False
        if self.until is None:
            return True
        last = numbers(self.until)
        return own[: len(last)] <= last
