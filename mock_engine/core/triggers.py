"""Trigger types, their providers, and the bindings of functions to them.

A binding waits (it is *parked*) until there is a provider of its type, and waits again when that
provider leaves. It is served by the provider in its own namespace, else by the one in ``default``;
a ``trigger_namespace`` is exact (engine 0.23).
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from mock_engine.core.constants import DEFAULT
from mock_engine.messages import RegisterTrigger, RegisterTriggerType
from mock_engine.versions import NEWER_TYPE


@dataclass(frozen=True, slots=True)
class TriggerType:
    """A trigger type and the number of the peer that provides it."""

    namespace: str
    provider: int
    spec: RegisterTriggerType


@dataclass(frozen=True, slots=True)
class Binding:
    """A trigger. ``home`` is its owner's namespace; ``provider`` is ``None`` while it is parked.

    ``former`` is the binding with the same id that it replaced.
    """

    owner: int
    home: str
    spec: RegisterTrigger
    provider: int | None = None
    former: Binding | None = None


@dataclass(frozen=True, slots=True)
class Move:
    """A change of a binding's provider: withdraw it from one, offer it to another."""

    binding: Binding
    withdraw: int | None
    offer: int | None


class Triggers:
    """All trigger types and bindings."""

    def __init__(self) -> None:
        self.types: dict[tuple[str, str], TriggerType] = {}
        self.bindings: dict[str, Binding] = {}

    def add_type(self, trigger_type: TriggerType) -> list[Move]:
        """Register the provider of a type, replacing the former one; bindings are offered again.

        A provider that is replaced by another one in the same namespace is not notified (engine
        0.23).
        """
        key = (trigger_type.namespace, trigger_type.spec.id)
        ousted = self.types.get(key)
        self.types[key] = trigger_type
        moves = self._settle(trigger_type.spec.id, offer_again=trigger_type.provider)
        if ousted is None:
            return moves
        return [
            replace(move, withdraw=None) if move.withdraw == ousted.provider else move
            for move in moves
        ]

    def bind(self, binding: Binding) -> list[Move]:
        """Add a binding, or replace the one with the same id."""
        former = self.bindings.get(binding.spec.id)
        if former is not None:
            binding = replace(binding, former=replace(former, former=None))
        self.bindings[binding.spec.id] = binding
        return self._settle(binding.spec.trigger_type, only=binding.spec.id)

    def unbind(self, trigger_id: str) -> Binding | None:
        """Remove a binding and return it in its last state."""
        return self.bindings.pop(trigger_id, None)

    def revert(self, trigger_id: str) -> None:
        """Undo the creation of a binding: a binding that it replaced is restored."""
        former = self.bindings.pop(trigger_id).former
        if former is not None:
            self.bindings[trigger_id] = former

    def park(self, trigger_id: str) -> None:
        """Park a binding that its provider refused."""
        self.bindings[trigger_id] = replace(self.bindings[trigger_id], provider=None)

    def lose(self, peer: int) -> list[Move]:
        """Remove what a lost peer owned and provided; return the changes for other peers."""
        moves = []
        for trigger_id, binding in tuple(self.bindings.items()):
            if binding.former is not None and peer in (
                binding.former.owner,
                binding.former.provider,
            ):
                self.bindings[trigger_id] = replace(binding, former=None)
            if binding.owner == peer:
                del self.bindings[trigger_id]
                if binding.provider not in (None, peer):
                    moves.append(Move(binding, binding.provider, None))
        gone = [key for key, known in self.types.items() if known.provider == peer]
        for key in gone:
            del self.types[key]
            moves += [m for m in self._settle(key[1]) if m.offer is not None]
        return moves

    def type_for(self, binding: Binding) -> TriggerType | None:
        """The type that should serve a binding; ``None`` when there is none."""
        type_id, strict = binding.spec.trigger_type, binding.spec.trigger_namespace
        places = (strict,) if strict is not None else (binding.home, DEFAULT)
        names = (type_id, NEWER_TYPE[type_id]) if type_id in NEWER_TYPE else (type_id,)
        for name in names:
            for namespace in places:
                known = self.types.get((namespace, name))
                if known is not None:
                    return known
        return None

    def _settle(
        self, type_id: str, *, only: str | None = None, offer_again: int | None = None
    ) -> list[Move]:
        """Assign the right provider to each binding of a type, and return the changes."""
        moves = []
        for trigger_id, binding in tuple(self.bindings.items()):
            bound_to = binding.spec.trigger_type
            if type_id not in (bound_to, NEWER_TYPE.get(bound_to)) or only not in (
                None,
                trigger_id,
            ):
                continue
            served = self.type_for(binding)
            provider = served.provider if served is not None else None
            if provider == binding.provider and provider != offer_again:
                continue
            withdraw = binding.provider if binding.provider != provider else None
            settled = replace(binding, provider=provider)
            self.bindings[trigger_id] = settled
            moves.append(Move(settled, withdraw, provider))
        return moves
