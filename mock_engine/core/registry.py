"""Which worker serves which function.

In each namespace, an id is owned by one worker. Registering it again on the same connection
replaces it; an attempt by another worker is a conflict (engine 0.23, RegistrationRejected). A
function of a module does not conflict: a worker shadows it until the worker leaves.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from mock_engine.messages import RegisterFunction


@dataclass(frozen=True, slots=True)
class Function:
    """A registered function. ``owner`` is the number of its peer."""

    namespace: str
    owner: int
    spec: RegisterFunction


class Registry:
    """The functions of all peers. Peer numbers below 1 belong to the engine."""

    def __init__(self) -> None:
        self._functions: dict[tuple[str, str], Function] = {}
        self._shadowed: dict[tuple[str, str], Function] = {}

    def __iter__(self) -> Iterator[Function]:
        """The functions, sorted by namespace and id."""
        return iter([self._functions[key] for key in sorted(self._functions)])

    def find(self, namespace: str, function_id: str) -> Function | None:
        """The function that a call in ``namespace`` reaches."""
        return self._functions.get((namespace, function_id))

    def namespaces_of(self, function_id: str) -> list[str]:
        """The namespaces in which ``function_id`` is registered, sorted."""
        return sorted(namespace for namespace, name in self._functions if name == function_id)

    def add(self, function: Function) -> Function | None:
        """Register a function; return the conflicting one, if another peer owns it."""
        key = (function.namespace, function.spec.id)
        other = self._functions.get(key)
        if other is not None and other.owner != function.owner:
            if other.owner > 0:
                return other
            self._shadowed[key] = other
        self._functions[key] = function
        return None

    def remove(self, namespace: str, function_id: str, owner: int) -> None:
        """Unregister a function, if ``owner`` owns it."""
        key = (namespace, function_id)
        function = self._functions.get(key)
        if function is None or function.owner != owner:
            return
        del self._functions[key]
        if key in self._shadowed:
            self._functions[key] = self._shadowed.pop(key)

    def remove_all(self, owner: int) -> None:
        """Unregister every function of a peer that is gone."""
        for function in self.owned_by(owner):
            self.remove(function.namespace, function.spec.id, owner)

    def owned_by(self, owner: int) -> list[Function]:
        """The functions of one peer."""
        return [function for function in self if function.owner == owner]
