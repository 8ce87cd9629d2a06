"""One release of the engine: what it does, sends and knows, derived from the data."""

from __future__ import annotations

import re

from mock_engine.versions.behaviours import BEHAVIOURS
from mock_engine.versions.history import ENGINE, FIELDS, MESSAGES, NEWEST, OLDEST
from mock_engine.versions.ranges import numbers

_VERSION = re.compile(r"\d+\.\d+(\.\d+)?(-[0-9A-Za-z.-]+)?")


class Release:
    """A version of the engine.

    Raises:
        ValueError: the text is not a version, or the version is unknown.
    """

    def __init__(self, version: str = ENGINE) -> None:
        if _VERSION.fullmatch(version) is None:
            raise ValueError(f"{version!r} is no version of the engine; give one such as {ENGINE}")
        if not numbers(OLDEST) <= numbers(version)[:2] <= numbers(NEWEST):
            raise ValueError(f"{version} is not known; known are {OLDEST} to {NEWEST}")
        self.version = version
        self._unknown = {name for name, known in MESSAGES.items() if not known.holds(version)}
        self._lacking = {
            name: frozenset(field for field, known in fields.items() if not known.holds(version))
            for name, fields in FIELDS.items()
        }

    def does(self, behaviour: str) -> bool:
        """Whether it has this behaviour; the names are in ``behaviours``."""
        return BEHAVIOURS[behaviour].holds(self.version)

    def sends(self, kind: str) -> bool:
        """Whether it has a message of this type for workers."""
        return f"engine/{kind}" not in self._unknown

    def lacking(self, kind: str) -> frozenset[str]:
        """The fields that a message for workers lacks in this release."""
        return self._lacking.get(f"engine/{kind}", frozenset())
