"""From the nodes of a document to steps."""

from __future__ import annotations

import signal
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from conformance.documents import nodes
from conformance.documents.nodes import DocumentError, Node, keys, suggestion
from conformance.requirements.verdict import Level
from conformance.scenarios import forms
from conformance.scenarios.patterns.json_values import is_of_type
from conformance.scenarios.reading_expected import EXPECTATIONS, Expectations
from conformance.scenarios.scope import Scope
from conformance.scenarios.steps import WORKER, Act, Step
from conformance.scenarios.templates import Fixed, Parts, Template
from conformance.scenarios.values import NAME, name, template
from mock_engine import faults

COMMON = ("id", "note", "level")
LONGEST_PAUSE = 60
"""Seconds that a ``pause`` may take."""

MOST_INCLUDES = 8
"""How deep files may be nested by includes."""


def level(node: Node) -> Level:
    """How binding something is.

    Raises:
        DocumentError: it is not a level.
    """
    try:
        return Level(node.value)
    except ValueError:
        return node.refuse(f"{node.value!r} is no level; expected MUST, SHOULD or MAY")


class Reader(Expectations):
    """Reads the steps of one scenario. ``folder`` is where includes are."""

    def __init__(self, scope: Scope, folder: Path | None, depth: int = 0) -> None:
        super().__init__(scope)
        self._folder = folder
        self._depth = depth

    def steps(self, node: Node) -> list[Step]:
        """Read a list of steps.

        Raises:
            DocumentError: it is not a list of steps.
        """
        return [step for item in node.items() for step in self.step(item)]

    def step(self, node: Node) -> list[Step]:
        """Read one step, or the steps that it stands for.

        Raises:
            DocumentError: it is not a step.
        """
        kinds = [key for key, _ in node.pairs() if key.value in STEPS]
        if not kinds:
            first = node.pairs()[0][0] if node.pairs() else node
            first.refuse(
                f"no step is called {first.describe()}{suggestion(str(first.value), STEPS)}"
            )
        if len(kinds) > 1:
            kinds[1].refuse(
                f"`{kinds[0].value}` and `{kinds[1].value}` in one step; make two steps of it"
            )
        kind = kinds[0].value
        make, further = STEPS[kind]
        entries = keys(node, (kind, *further, *COMMON), f"the step `{kind}`")
        steps = make(self, entries[kind], entries)
        return [*steps[:-1], self._named(steps[-1], entries)] if steps else []

    def _named(self, step: Step, entries: Mapping[str, Node]) -> Step:
        identity = name(entries["id"], "the id of a step") if "id" in entries else None
        if identity is not None:
            if identity in self._scope.steps:
                entries["id"].refuse(f"the id `{identity}` stands twice, or is taken")
            self._scope.steps.add(identity)
        note = entries["note"].text("`note`") if "note" in entries else step.note
        binding = level(entries["level"]) if "level" in entries else None
        return replace(step, id=identity, note=note, level=binding)

    def _act(
        self, node: Node, kind: str, what: Template | None = None, target: str | None = None
    ) -> Act:
        if what is not None:
            self._scope.use(what.needs(), node)
            self._scope.bind(*what.binds())
        return Act(node.place, kind, what=what, target=target)

    def _to(self, entries: Mapping[str, Node]) -> str | None:
        if "to" not in entries:
            return None
        given = entries["to"].text("the name of a connection")
        return self._scope.find(given, self._scope.connections, "connection", entries["to"])

    def engine(self, node: Node, entries: Mapping[str, Node]) -> list[Step]:
        """A message to the worker."""
        if not node.is_mapping:
            node.refuse(f"a message is an object, not {node.describe()}; for others `engine-frame`")
        return [self._act(node, "engine", template(node), self._to(entries))]

    def engine_frame(self, node: Node, entries: Mapping[str, Node]) -> list[Step]:
        """A frame of any kind to the worker."""
        fields = forms.check(node, forms.SENT_FRAME, "`engine-frame`")
        if sum(key in fields for key in ("json", "text", "base64")) > 1:
            node.refuse("give one of `json`, `text` and `base64`")
        return [self._act(node, "engine-frame", template(node), self._to(entries))]

    def start(self, node: Node, entries: Mapping[str, Node]) -> list[Step]:
        """Start a process of the worker."""
        fields = keys(node, ("ready", "env"), "`start`") if node.value is not None else {}
        process = name(entries["as"], "the name of a process") if "as" in entries else WORKER
        self._scope.processes.add(process)
        if "ready" in fields and not isinstance(fields["ready"].value, bool):
            fields["ready"].refuse(f"expected true or false, not {fields['ready'].describe()}")
        if "env" in fields:
            for _, value in fields["env"].pairs():
                value.text("the value of an environment variable")
        ready = "ready" not in fields or fields["ready"].value
        if ready:
            self._scope.connections.add(process)
        act = self._act(node, "start", template(node) if fields else Parts({}), process)
        return [replace(act, names_connection=bool(ready))]

    def ready(self, node: Node, entries: Mapping[str, Node]) -> list[Step]:
        """Wait until the worker has registered everything, and is responsive."""
        if node.value is not True:
            node.refuse(f"expected `true`, not {node.describe()}")
        return [self._act(node, "ready")]

    def pause(self, node: Node, entries: Mapping[str, Node]) -> list[Step]:
        """A wait before the next step."""
        seconds: Any = node.value
        if not is_of_type(seconds, "number") or not 0 < seconds <= LONGEST_PAUSE:
            node.refuse(f"expected seconds, above 0 and up to {LONGEST_PAUSE}")
        return [self._act(node, "pause", Fixed(seconds))]

    def fault(self, node: Node, entries: Mapping[str, Node]) -> list[Step]:
        """Faults on the wire from here on, as a schedule; ``none`` ends them."""
        if node.value == "none":
            return [self._act(node, "fault", Fixed(()))]
        try:
            return [self._act(node, "fault", Fixed(faults.read(node.value, "`fault`")))]
        except faults.UnreadableError as fault:
            return node.refuse(str(fault))

    def signal(self, node: Node, entries: Mapping[str, Node]) -> list[Step]:
        """A signal to a process of the worker."""
        wanted = str(node.value).upper().removeprefix("SIG")
        known = [s.name.removeprefix("SIG") for s in signal.Signals]
        if wanted not in known:
            node.refuse(f"no signal: {node.value!r}{suggestion(wanted, known)}")
        return [self._act(node, "signal", Fixed(f"SIG{wanted}"), self._process(entries))]

    def restart(self, node: Node, entries: Mapping[str, Node]) -> list[Step]:
        """The engine stops and starts again, or the worker's process does."""
        if node.value not in ("engine", "worker"):
            node.refuse(f"expected `engine` or `worker`, not {node.describe()}")
        down: Any = 0
        if "down" in entries:
            down = entries["down"].value
            if not is_of_type(down, "number") or down < 0:
                entries["down"].refuse(f"expected seconds, not {entries['down'].describe()}")
        what = Fixed({"what": node.value, "down": down})
        return [self._act(node, "restart", what, self._process(entries))]

    def call(self, node: Node, entries: Mapping[str, Node]) -> list[Step]:
        """A call through the engine, as of another worker."""
        fields = keys(node, ("function_id", "data", "namespace", "metadata"), "`call`")
        if "function_id" not in fields:
            node.refuse("`call` needs `function_id`")
        return self._request(node, "call", entries)

    def http(self, node: Node, entries: Mapping[str, Node]) -> list[Step]:
        """A request to the engine's HTTP port."""
        if "path" not in forms.check(node, forms.HTTP, "`http`"):
            node.refuse("`http` needs `path`")
        return self._request(node, "http", entries)

    def _request(self, node: Node, kind: str, entries: Mapping[str, Node]) -> list[Step]:
        """A request that is answered now, or in a later step if it has a name."""
        request = name(entries["as"], "the name of a request") if "as" in entries else None
        act = self._act(node, kind, template(node), request or f"the {kind}")
        if request is not None:
            self._scope.requests.add(request)
            if "expect" in entries:
                entries["expect"].refuse("a request with a name is answered in a step `answer`")
            return [act]
        return [act, self._answered(node, act.target or "", entries)]

    def answer(self, node: Node, entries: Mapping[str, Node]) -> list[Step]:
        """The answer to a request that has a name."""
        request = node.text("the name of a request")
        self._scope.find(request, self._scope.requests, "request", node)
        return [self._answered(node, request, entries)]

    # -- other files -----------------------------------------------------------------------------

    def include(self, node: Node, entries: Mapping[str, Node]) -> list[Step]:
        """The steps of another file; ``with`` gives values to its parameters."""
        file = node.text("the path of a file")
        if self._folder is None:
            node.refuse("there is no folder to include files from")
        if self._depth >= MOST_INCLUDES:
            node.refuse(f"files include each other more than {MOST_INCLUDES} levels deep")
        path = self._folder / file
        try:
            root = nodes.parse(nodes.read(path), str(path))
        except DocumentError as fault:
            node.refuse(f"`include` fails: {fault}")
        fields = keys(root, ("steps", "params"), "an included file")
        if "steps" not in fields:
            root.refuse("an included file needs `steps`")
        inner = Reader(self._scope, path.parent, self._depth + 1)
        return [
            *self._parameters(node, fields.get("params"), entries.get("with")),
            *inner.steps(fields["steps"]),
        ]

    def _parameters(self, node: Node, params: Node | None, values: Node | None) -> list[Step]:
        """The bindings of the parameters of an included file."""
        defaults = {key.value: value for key, value in params.pairs()} if params else {}
        overrides = {key.value: value for key, value in values.pairs()} if values else {}
        for key, _ in values.pairs() if values else ():
            if key.value not in defaults:
                key.refuse(
                    f"the file has no parameter `{key.value}`{suggestion(key.value, defaults)}"
                )
            if not NAME.fullmatch(key.value):
                key.refuse(f"a parameter cannot be called {key.value!r}")
        if not defaults:
            return []
        chosen = {key: template(value) for key, value in (defaults | overrides).items()}
        act = self._act(node, "let", Parts(chosen))
        self._scope.bind(*chosen)
        return [act]


def _expects(kind: str) -> Callable[[Reader, Node, Mapping[str, Node]], list[Step]]:
    return lambda reader, node, entries: reader.expect(kind, node, entries)


Make = Callable[[Reader, Node, Mapping[str, Node]], list[Step]]

STEPS: Mapping[str, tuple[Make, tuple[str, ...]]] = {
    "start": (Reader.start, ("as",)),
    "ready": (Reader.ready, ()),
    "engine": (Reader.engine, ("to",)),
    "engine-frame": (Reader.engine_frame, ("to",)),
    "call": (Reader.call, ("as", "expect", "within")),
    "http": (Reader.http, ("as", "expect", "within")),
    "answer": (Reader.answer, ("expect", "within")),
    "pause": (Reader.pause, ()),
    "fault": (Reader.fault, ()),
    "signal": (Reader.signal, ("process",)),
    "restart": (Reader.restart, ("down", "process")),
    "include": (Reader.include, ("with",)),
    "unordered": (Reader.unordered, ("within",)),
    "never": (Reader.never, ("within", "until")),
    **{key: (_expects(key), (*more, "within")) for key, (_, more) in EXPECTATIONS.items()},
}
"""Every kind of step: how it is read, and its further keys."""
