"""The messages of workers, which a test takes one after the other."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mock_engine.transcript import Direction, Message, Transcript


class Inbox:
    """The messages of workers; each is taken once."""

    def __init__(self, transcript: Transcript) -> None:
        self._transcript = transcript
        self._taken: set[int] = set()

    def take(
        self, kind: str, connection: int | None, fields: Mapping[str, Any]
    ) -> dict[str, Any] | None:
        """The first message of a type with these fields that was not taken yet."""
        for index, event in enumerate(self._transcript.events):
            if (
                isinstance(event, Message)
                and event.direction is Direction.FROM_WORKER
                and index not in self._taken
                and connection in (None, event.connection)
                and event.type == kind
                and _includes(event.json, fields)
            ):
                self._taken.add(index)
                found: dict[str, Any] = event.json
                return found
        return None


def _includes(value: Any, wanted: Any) -> bool:
    """Whether a value matches the wanted one; a wanted mapping may leave out keys."""
    if isinstance(wanted, Mapping) and isinstance(value, Mapping):
        return all(key in value and _includes(value[key], part) for key, part in wanted.items())
    return bool(value == wanted)
