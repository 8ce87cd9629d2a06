"""Which names, connections and steps exist at each place of a scenario."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from conformance.documents.nodes import Node, suggestion
from conformance.scenarios.steps import END


@dataclass(slots=True)
class Scope:
    """What is known so far, from the first line to the last."""

    names: set[str]
    connections: set[str] = field(default_factory=set)
    processes: set[str] = field(default_factory=set)
    requests: set[str] = field(default_factory=set)
    steps: set[str] = field(default_factory=lambda: {END})
    _awaited: list[tuple[str, Node]] = field(default_factory=list)

    def bind(self, *names: str) -> None:
        """Names that are bound from here on."""
        self.names.update(names)

    def use(self, names: Iterable[str], node: Node) -> None:
        """Names that must be bound by now.

        Raises:
            DocumentError: one is not bound.
        """
        for name in sorted(names):
            if name not in self.names:
                node.refuse(
                    f"nothing has bound `{name}` before this{suggestion(name, self.names)} "
                    "(bind it with `$bind` in what the worker sends, `$new` in what is sent to it, "
                    "or as a parameter)"
                )

    def find(self, name: str, known: set[str], what: str, node: Node) -> str:
        """A name that must be one of ``known``.

        Raises:
            DocumentError: it is not one of them.
        """
        if name not in known:
            hint = suggestion(name, known) if known else "; there is none so far"
            node.refuse(f"there is no {what} `{name}`{hint}")
        return name

    def await_step(self, name: str, node: Node) -> None:
        """Note a step that must exist in the end."""
        self._awaited.append((name, node))

    def close(self) -> None:
        """The whole scenario was read.

        Raises:
            DocumentError: it refers to a step that does not exist.
        """
        for name, node in self._awaited:
            self.find(name, self.steps, "step with the `id`", node)
