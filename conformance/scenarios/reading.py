"""From a document to a scenario, checked to the last key.

A scenario that was read can be played: its names are bound before they are used, its connections
and steps exist. Every error names file, line and column.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from conformance.documents import nodes
from conformance.documents.nodes import DocumentError, Location, Node, keys, suggestion
from conformance.scenarios.patterns.base import Pattern
from conformance.scenarios.patterns.single import Is
from conformance.scenarios.patterns.structures import Object
from conformance.scenarios.reading_steps import Reader, level
from conformance.scenarios.scope import Scope
from conformance.scenarios.steps import Needs, Scenario, Setting, Step
from conformance.scenarios.values import NAME, pattern
from mock_engine.modules.catalogue import LOCATIONS

VERSION = 1
VERSION_TEXT = re.compile(r"\d+\.\d+(\.\d+)?")
PULSE = "pulse"
GIVEN = frozenset({PULSE})
"""Names that every scenario has: ``pulse`` is a function that the worker answers."""

USUAL_MODULES = ("iii-http", "iii-state", "iii-queue", "iii-pubsub", "iii-cron", "iii-stream")
SLUG = "lower-case letters, digits and `-`"

KEYS = (
    "scenario",
    "name",
    "title",
    "description",
    "source",
    "remedy",
    "level",
    "tags",
    "requirements",
    "since",
    "until",
    "needs",
    "params",
    "engine",
    "answers",
    "steps",
)


def load(path: Path, values: Mapping[str, str] | None = None) -> Scenario:
    """Read the scenario in a file; ``given`` are values for its parameters, as texts.

    Raises:
        DocumentError: it cannot be read or used.
    """
    return parse(nodes.read(path), str(path), values or {}, folder=path.parent)


def parse(
    text: str,
    file: str,
    values: Mapping[str, str] | None = None,
    *,
    folder: Path | None = None,
) -> Scenario:
    """Read a scenario; ``folder`` is where its includes are.

    Raises:
        DocumentError: it cannot be used.
    """
    root = nodes.parse(text, file)
    entries = _head(root)
    scope = Scope(set(GIVEN))
    parameters = _parameters(entries.get("params"), values or {}, scope)
    needs = _needs(entries.get("needs"), scope)
    reader = Reader(scope, folder)
    steps = reader.steps(entries["steps"])
    scope.close()
    scenario = Scenario(
        name=_slug(entries.get("name"), Path(file).stem),
        title=entries["title"].text("`title`"),
        place=root.place,
        steps=_begun(steps, root.place),
        needs=needs,
        parameters=parameters,
        setting=_setting(entries.get("engine"), entries.get("answers")),
    )
    return replace(scenario, **_about(entries))


def _head(root: Node) -> Mapping[str, Node]:
    entries = keys(root, KEYS, "a scenario")
    version = entries.get("scenario")
    if version is None:
        root.refuse(f"`scenario: {VERSION}` is missing, the version of the format")
    if version.value != VERSION:
        version.refuse(f"version {version.describe()} is unknown; this suite reads {VERSION}")
    for needed in ("title", "steps"):
        if needed not in entries:
            root.refuse(f"a scenario needs `{needed}`")
    return entries


def _about(entries: Mapping[str, Node]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key in ("description", "source", "remedy", "since", "until"):
        if key in entries:
            found[key] = entries[key].text(f"`{key}`")
    for key in ("since", "until"):
        if key in entries and not VERSION_TEXT.fullmatch(found[key]):
            entries[key].refuse(f"no protocol version: {found[key]!r}; one is 0.23, in quotes")
    for key in ("tags", "requirements"):
        if key in entries:
            found[key] = tuple(item.text(f"an item of `{key}`") for item in entries[key].items())
    if "level" in entries:
        found["level"] = level(entries["level"])
    if "requirements" in entries:
        _check_requirements(entries["requirements"])
    return found


def _check_requirements(node: Node) -> None:
    from conformance.requirements.catalogue import load as catalogue

    known = catalogue().requirements
    for item in node.items():
        if item.value not in known:
            item.refuse(f"there is no requirement {item.value!r}{suggestion(item.value, known)}")


def _slug(node: Node | None, default: str) -> str:
    if node is None:
        return default
    text = node.text("`name`")
    if not text or not all(c.isascii() and (c.islower() or c.isdigit() or c == "-") for c in text):
        node.refuse(f"the name is {text!r}; expected {SLUG}")
    return text


def _parameters(node: Node | None, overrides: Mapping[str, str], scope: Scope) -> dict[str, Any]:
    values: dict[str, Any] = {}
    entries = node.pairs() if node is not None else []
    for key, value in entries:
        if not NAME.fullmatch(key.value):
            key.refuse(f"a parameter cannot be called {key.value!r}")
        values[key.value] = value.value
        scope.bind(key.value)
    for name, text in overrides.items():
        if name in values:
            values[name] = nodes.parse(text, f"--scenario-param {name}").value if text else ""
    return values


def _needs(node: Node | None, scope: Scope) -> Needs:
    if node is None:
        return Needs()
    entries = keys(node, ("functions", "triggers", "trigger-types"), "`needs`")

    def patterns(key: str) -> tuple[Pattern, ...]:
        found: list[Pattern] = []
        for item in entries[key].items() if key in entries else ():
            made = _identified(item.value) if isinstance(item.value, str) else pattern(item)
            scope.use(made.needs(), item)
            scope.bind(*made.binds())
            found.append(made)
        return tuple(found)

    return Needs(patterns("functions"), patterns("triggers"), patterns("trigger-types"))


def _identified(identity: str) -> Pattern:
    """A registration by its id alone."""
    return Object((("id", Is(identity)),))


def _setting(engine: Node | None, answers: Node | None) -> Setting:
    own = tuple(item.text("a function id") for item in answers.items()) if answers else ()
    if engine is None:
        return Setting({name: {} for name in USUAL_MODULES}, own)
    if engine.value == "scripted":
        if answers is not None:
            answers.refuse("`answers` is for a real engine; with `engine: scripted` all is yours")
        return Setting(None)
    if isinstance(engine.value, str):
        engine.refuse(f"the engine cannot be {engine.value!r}; expected `scripted` or a mapping")
    entries = keys(engine, ("modules",), "`engine`")
    if "modules" not in entries:
        return Setting({name: {} for name in USUAL_MODULES}, own)
    modules: dict[str, Mapping[str, Any]] = {}
    for key, value in entries["modules"].pairs():
        if key.value not in LOCATIONS:
            key.refuse(f"the engine has no module `{key.value}`{suggestion(key.value, LOCATIONS)}")
        modules[key.value] = value.value or {}
    return Setting(modules, own)


def _begun(steps: Iterable[Step], place: Location) -> tuple[Step, ...]:
    """The steps, preceded by a start of the worker unless they have one of their own."""
    found = tuple(steps)
    if not found:
        raise DocumentError(f"{place}: a scenario without steps shows nothing")
    if any(step.kind == "start" for step in found):
        return found
    implied = nodes.parse("start: {}", str(place.file))
    (start,) = Reader(Scope(set()), None).step(implied)
    return (replace(start, place=place), *found)
