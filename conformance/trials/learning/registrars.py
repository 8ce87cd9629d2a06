"""Functions that make a worker register something, and take it back."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Awaitable, Callable, Iterator
from itertools import islice, product
from typing import Any

from conformance.trials.conversation import REGISTRATIONS
from conformance.trials.harness import Harness
from conformance.trials.learning.knowledge import Part

MOST, MOST_PAIRS = 2, 40
"""Data of each function that is kept for each of the two, and pairs that are tried."""

ROLES = {"register": (*REGISTRATIONS,), "unregister": (*REGISTRATIONS.values(),)}
"""The parts to be found, each with the messages that show it."""

Asked = tuple[str, Any]
"""A function and what it is invoked with."""

Invoke = Callable[[str, Any], Awaitable[object]]


class Registrars:
    """Notes during which invocations the worker registered something, or took it back.

    Others may have been in flight then, so a pair is believed only after it was seen alone.
    """

    def __init__(self, harness: Harness) -> None:
        self._harness = harness
        self._noted: dict[str, dict[str, list[Any]]] = {role: defaultdict(list) for role in ROLES}
        self._counts: Counter[str] = Counter()

    def note(self, function_id: str, data: Any, since: float) -> None:
        """Note what came during an invocation that was sent at ``since`` seconds."""
        for role in self._changes(since):
            self._counts[function_id] += 1
            noted = self._noted[role][function_id]
            if len(noted) < MOST and data not in noted:
                noted.append(data)

    def _changes(self, since: float) -> set[str]:
        kinds = {message.type for message in self._harness.talk.recent(since)}
        return {role for role, changes in ROLES.items() if not kinds.isdisjoint(changes)}

    async def find(self, invoke: Invoke) -> list[Part]:
        """The parts ``register`` and ``unregister``, for the same thing; none without both."""

        async def does(asked: Asked, role: str) -> bool:
            began = self._harness.transcript.now()
            await invoke(*asked)
            return role in self._changes(began)

        for adding, taking in islice(self._pairs(), MOST_PAIRS):
            await invoke(*taking)  # what is there already is not added again
            added = await does(adding, "register") or adding[0] == taking[0]
            if added and await does(taking, "unregister"):
                return [
                    Part("register", *adding, found=True),
                    Part("unregister", *taking, found=True),
                ]
        return []

    def _pairs(self) -> Iterator[tuple[Asked, Asked]]:
        """Those of one function first: it names what it takes back as it names what it adds.

        Whoever does it was in flight each time, and others now and then.
        """
        adding, taking = (
            [(name, data) for name, all_data in noted.items() for data in all_data]
            for noted in self._noted.values()
        )
        yield from sorted(
            product(adding, taking),
            key=lambda pair: (pair[0][0] != pair[1][0], -self._counts[pair[0][0]]),
        )
