"""YAML files that users write: read with their lines, checked against a JSON Schema.

Rules of this file:

* A value is a JSON value. Dates stay text, keys are text, nothing contains itself: what is read
  here goes over the wire or into a report.
* A complaint names the file and the line, what is there, and what would be right.
"""

from __future__ import annotations

import difflib
import json
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any

import yaml
from jsonschema import Draft202012Validator, ValidationError

from conformance.errors import UsageError

KEYS = ("tag:yaml.org,2002:str", "tag:yaml.org,2002:merge")


class _Loader(yaml.SafeLoader):
    """Reads no dates: JSON has none."""


_Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if not tag.endswith(":timestamp")]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


@dataclass(frozen=True, slots=True)
class Document:
    """The content of a file; ``name`` is what complaints call it, ``root`` its node, if any."""

    name: str
    text: str = field(repr=False)
    value: Any
    root: yaml.Node | None = field(repr=False)

    def fault(self, path: Iterable[str | int], complaint: str) -> UsageError:
        """A complaint about the value at ``path``, with its line."""
        return UsageError(f"{self.name}:{self.line(path)}: {complaint}")

    def line(self, path: Iterable[str | int]) -> int:
        """The line of the key or item at ``path``, or of the innermost one on the way to it."""
        node, line = self.root, _line(self.root)
        for step in path:
            mark, node = _step(node, step)
            line = line if mark is None else _line(mark)
        return line


@cache
def schema(name: str) -> Mapping[str, Any]:
    """The JSON Schema in a file of this package, as in ``known.schema.json``."""
    text = (resources.files("conformance") / name).read_text("utf-8")
    loaded: Mapping[str, Any] = json.loads(text)
    return loaded


def read(path: Path) -> Document:
    """Read a file.

    Raises:
        UsageError: it cannot be read, is no YAML, or holds what JSON cannot express.
    """
    try:
        text = path.read_text("utf-8")
    except OSError as fault:
        raise UsageError(f"{path}: cannot be read: {fault.strerror}") from None
    except UnicodeDecodeError as fault:
        raise UsageError(f"{path}: no UTF-8 text: {fault.reason} at byte {fault.start}") from None
    return parse(text, str(path))


def parse(text: str, name: str) -> Document:
    """Read ``text``; ``name`` is what complaints call it.

    Raises:
        UsageError: as for ``read``.
    """
    try:
        root = yaml.compose(text, Loader=_Loader)
        _refuse(root, name, ())
        value = _Loader("").construct_document(root) if root is not None else None
    except yaml.MarkedYAMLError as fault:
        mark = fault.problem_mark or fault.context_mark
        line = mark.line + 1 if mark else 1
        raise UsageError(f"{name}:{line}: no YAML: {fault.problem or fault.context}") from None
    except yaml.YAMLError as fault:
        raise UsageError(f"{name}: no YAML: {fault}") from None
    return Document(name, text, value, root)


def check(document: Document, schema: Any) -> None:
    """Hold a document to a JSON Schema whose properties have descriptions.

    Raises:
        UsageError: it does not keep to it; the first fault in the file is told.
    """
    faults = list(Draft202012Validator(schema).iter_errors(document.value))
    if faults:
        first = min(faults, key=lambda fault: document.line(fault.absolute_path))
        raise document.fault(*_complaint(first))


def closest(word: str, known: Iterable[str]) -> str:
    """A question after what was probably meant, or an empty text."""
    found = difflib.get_close_matches(word, list(known), 1, 0.5)
    return f"; did you mean {found[0]!r}?" if found else ""


def _complaint(fault: ValidationError) -> tuple[list[str | int], str]:
    """Where and what: the path of the value, or of the key, that is wrong."""
    path = list(fault.absolute_path)
    where = ".".join(str(step) for step in path) or "the file"
    schema = fault.schema if isinstance(fault.schema, dict) else {}
    hint = schema.get("description", "")
    if fault.validator == "additionalProperties" and isinstance(fault.instance, dict):
        known = sorted(schema.get("properties", {}))
        unknown = next(key for key in fault.instance if key not in known)
        question = closest(unknown, known) or f"; known are {', '.join(known)}"
        return [*path, unknown], f"{where}: unknown key {unknown!r}{question}"
    return path, f"{where}: {fault.message}" + (f"; expected: {hint}" if hint else "")


def _step(node: yaml.Node | None, step: str | int) -> tuple[yaml.Node | None, yaml.Node | None]:
    """The node that marks a key or item of ``node``, and its value."""
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            if key.value == str(step):
                return key, value
    if isinstance(node, yaml.SequenceNode) and isinstance(step, int) and step < len(node.value):
        return node.value[step], node.value[step]
    return None, None


def _line(node: yaml.Node | None) -> int:
    return node.start_mark.line + 1 if node is not None else 1


def _refuse(node: yaml.Node | None, name: str, around: Sequence[yaml.Node]) -> None:
    """Refuse what is no JSON value: twofold or odd keys, values around themselves, infinities."""
    if any(node is outer for outer in around):
        raise UsageError(f"{name}:{_line(node)}: a value contains itself")
    match node:
        case yaml.MappingNode():
            _refuse_keys(node, name)
            inner = [value for _, value in node.value]
        case yaml.SequenceNode():
            inner = node.value
        case yaml.ScalarNode(tag="tag:yaml.org,2002:float"):
            if not math.isfinite(float(_Loader("").construct_object(node))):
                raise UsageError(f"{name}:{_line(node)}: {node.value} is no JSON value")
            return
        case _:
            return
    for value in inner:
        _refuse(value, name, (*around, node))


def _refuse_keys(node: yaml.MappingNode, name: str) -> None:
    seen: set[str] = set()
    for key, _ in node.value:
        if key.tag not in KEYS:
            shown = f"{key.value}" if isinstance(key, yaml.ScalarNode) else "here"
            raise UsageError(f"{name}:{_line(key)}: the key {shown} is no text; put it in quotes")
        if key.value in seen:
            raise UsageError(f"{name}:{_line(key)}: the key {key.value!r} stands twice")
        seen.add(key.value)
