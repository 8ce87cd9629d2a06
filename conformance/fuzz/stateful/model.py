"""What must be true of a worker after each thing that happened to it.

Rules of this file:

* Pure: plain data in, a fault or nothing out.
* It contains what the worker offers; what the engine sees is compared with that. What the protocol
  leaves open is left open here.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from conformance.trials.conversation import Identity


@dataclass
class Model:
    """What a worker offers, and how it identifies itself to its engine.

    ``declared`` are the identities of its first run with their counts, ``added`` the functions it
    registered since. ``greetings`` are those of the current connection, which a reattach may name
    after its loss. ``reattaches`` is whether its protocol has that message, ``announces`` whether
    it announced itself in its first run.
    """

    declared: Counter[Identity]
    reattaches: bool
    announces: bool
    added: set[Identity] = field(default_factory=set)
    removed: set[Identity] = field(default_factory=set)

    def offer(self) -> set[Identity]:
        """Every identity that must be registered now."""
        return set(self.declared) | self.added

    def lacking(self, seen: Counter[Identity]) -> str | None:
        """What is wrong with what is registered, if anything."""
        lost = sorted(self.offer() - set(seen))
        if lost:
            return f"no longer registered: {_named(lost)}"
        doubled = sorted(i for i, count in seen.items() if count > max(1, self.declared[i]))
        if doubled:
            return f"registered more than once: {_named(doubled)}"
        leaked = sorted(self.removed & set(seen))
        if leaked:
            return f"unregistered before, and registered again: {_named(leaked)}"
        return None

    def returned(
        self, messages: Sequence[Mapping[str, Any]], greetings: Iterable[Mapping[str, Any]]
    ) -> str | None:
        """What is wrong with the first messages of a new connection, if anything.

        ``greetings`` are those that the lost connection got; without one there is nothing to
        reattach to.
        """
        known = list(greetings)
        kinds = [str(message.get("type")) for message in messages]
        if not self.reattaches or not known:
            return None
        if "reattach" not in kinds:
            return "no reattach on the new connection"
        if kinds[0] != "reattach":
            return f"a reattach after {kinds[0]}, not as the first message"
        first = messages[0]
        named = (first.get("previous_worker_id"), first.get("reattach_token"))
        if not any(named == (g.get("worker_id"), g.get("reattach_token")) for g in known):
            return (
                f"a reattach with {named[0]} and {named[1]}, which the lost connection was never "
                "given"
            )
        return None


def _named(identities: Sequence[Identity]) -> str:
    shown = [f"{kind} {name}" for kind, name in identities[:4]]
    more = len(identities) - len(shown)
    return ", ".join(shown) + (f" and {more} more" if more > 0 else "")
