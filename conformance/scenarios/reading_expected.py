"""From the nodes of a document to what a worker must do."""

from __future__ import annotations

from collections.abc import Mapping

from conformance.documents.nodes import Node, keys, suggestion
from conformance.scenarios import forms
from conformance.scenarios.forms import Form
from conformance.scenarios.patterns.base import Pattern
from conformance.scenarios.patterns.json_values import is_of_type
from conformance.scenarios.patterns.single import Anything
from conformance.scenarios.scope import Scope
from conformance.scenarios.steps import Expect, Expected, Never, Step, Within
from conformance.scenarios.values import name, pattern
from conformance.trials.pace import Pace

PACES = tuple(sorted(n for n, value in vars(Pace).items() if isinstance(value, property)))
"""The deadlines of the suite, by name."""

USUAL: Mapping[str, str] = {
    "message": "handler",
    "frame": "reply",
    "connects": "reconnect",
    "dials": "reconnect",
    "leaves": "exit",
    "exits": "exit",
    "answers": "handler",
}
"""The deadline of an expectation that names none."""

FORMS: Mapping[str, Form] = {
    "frame": forms.FRAME,
    "connects": forms.DIAL,
    "dials": forms.DIAL,
    "leaves": forms.PARTING,
}
"""The keys of what a worker may do."""

EXPECTATIONS: Mapping[str, tuple[str, tuple[str, ...]]] = {
    "worker": ("message", ("from", "first")),
    "worker-frame": ("frame", ("from",)),
    "connects": ("connects", ("as",)),
    "dials": ("dials", ()),
    "leaves": ("leaves", ("from",)),
    "exit": ("exits", ("process",)),
}
"""What a worker may do: the kind of happening, and the further keys."""


class Expectations:
    """Reads what a worker must do; ``scope`` knows the names so far."""

    def __init__(self, scope: Scope) -> None:
        self._scope = scope

    def expect(self, kind: str, node: Node, entries: Mapping[str, Node]) -> list[Step]:
        """One thing that the worker must do."""
        return [self._expect(node, kind, [self._expected(kind, node, entries)], entries)]

    def unordered(self, node: Node, entries: Mapping[str, Node]) -> list[Step]:
        """Several things, in any order."""
        wanted = [self._one(item) for item in node.items()]
        if not wanted:
            node.refuse("at least one expectation stands here")
        return [self._expect(node, "unordered", wanted, entries)]

    def never(self, node: Node, entries: Mapping[str, Node]) -> list[Step]:
        """Something that must not happen."""
        names = set(self._scope.names)
        unwanted = self._one(node)
        self._scope.names = names
        if ("within" in entries) == ("until" in entries):
            node.refuse("`never` needs either `within`, a time, or `until`, the id of a later step")
        until = None
        if "until" in entries:
            until = entries["until"].text("the id of a step")
            self._scope.await_step(until, entries["until"])
        within = self._within(entries, "message") if "within" in entries else None
        return [Never(node.place, "never", unwanted=unwanted, within=within, until=until)]

    def _one(self, node: Node) -> Expected:
        """One expectation inside a group or a ``never``."""
        kinds = [key for key, _ in node.pairs() if key.value in EXPECTATIONS]
        if len(kinds) != 1:
            known = ", ".join(EXPECTATIONS)
            node.refuse(f"one thing that the worker may do is expected here: {known}")
        kind = kinds[0].value
        entries = keys(node, (kind, *EXPECTATIONS[kind][1]), f"`{kind}`")
        return self._expected(kind, entries[kind], entries)

    def _expected(self, key: str, node: Node, entries: Mapping[str, Node]) -> Expected:
        kind = EXPECTATIONS[key][0]
        if kind in FORMS and node.is_mapping and forms.is_written_out(node):
            forms.check(node, FORMS[kind], f"`{key}`")
        elif kind == "exits" and node.value:
            forms.check_value(node, forms.EXIT)
        what = Anything() if node.value is None or node.value == {} else pattern(node)
        self._scope.use(what.needs(), node)
        self._scope.bind(*what.binds())
        first = entries.get("first")
        if first is not None and not isinstance(first.value, bool):
            first.refuse(f"expected true or false, not {first.describe()}")
        becomes = None
        if "as" in entries:
            becomes = name(entries["as"], "the name of a connection")
            self._scope.connections.add(becomes)
        return Expected(
            kind,
            what,
            source=self._source(kind, entries),
            first=bool(first is not None and first.value),
            becomes=becomes,
        )

    def _source(self, kind: str, entries: Mapping[str, Node]) -> str | None:
        if "from" in entries:
            name = entries["from"].text("the name of a connection")
            return self._scope.find(name, self._scope.connections, "connection", entries["from"])
        if kind == "exits":
            return self._process(entries)
        return None

    def _expect(
        self, node: Node, kind: str, wanted: list[Expected], entries: Mapping[str, Node]
    ) -> Expect:
        within = self._within(entries, wanted[0].kind)
        return Expect(node.place, kind, wanted=tuple(wanted), within=within)

    def _within(self, entries: Mapping[str, Node], kind: str) -> Within:
        if "within" not in entries:
            return USUAL[kind]
        node = entries["within"]
        value = node.value
        if is_of_type(value, "number") and value > 0:
            return float(value)
        if value not in PACES:
            hint = suggestion(str(value), PACES)
            node.refuse(f"expected seconds above 0, or the name of a deadline{hint}")
        return str(value)

    def _answered(self, node: Node, request: str, entries: Mapping[str, Node]) -> Expect:
        what: Pattern = Anything()
        if "expect" in entries:
            what = pattern(entries["expect"])
            self._scope.use(what.needs(), entries["expect"])
            self._scope.bind(*what.binds())
        wanted = Expected("answers", what, source=request)
        return Expect(
            node.place, "answer", wanted=(wanted,), within=self._within(entries, "answers")
        )

    def _process(self, entries: Mapping[str, Node]) -> str | None:
        if "process" not in entries:
            return None
        name = entries["process"].text("the name of a process")
        return self._scope.find(name, self._scope.processes, "process", entries["process"])
