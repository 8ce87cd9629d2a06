"""YAML files that users write, checked against a JSON Schema."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator, ValidationError

from conformance.documents import nodes
from conformance.documents.nodes import DocumentError, Location, Node, suggestion


@dataclass(frozen=True, slots=True)
class Document:
    """The content of a file; ``name`` is how errors refer to it, ``root`` its node, if any."""

    name: str
    text: str = field(repr=False)
    root: Node | None = field(repr=False)

    @property
    def value(self) -> Any:
        """The JSON value; null for an empty file."""
        return self.root.value if self.root is not None else None

    def fault(self, path: Iterable[str | int], complaint: str) -> DocumentError:
        """An error about the value at ``path``, with its position."""
        return DocumentError(f"{self.place(path)}: {complaint}")

    def place(self, path: Iterable[str | int]) -> Location:
        """The position of the key or item at ``path``, or of the innermost one on the way to it."""
        node = self.root
        place = node.place if node is not None else Location(self.name)
        for step in path:
            mark, node = _step(node, step)
            place = place if mark is None else mark.place
        return place


@cache
def schema(name: str) -> Mapping[str, Any]:
    """The JSON Schema in a file of this package, as in ``requirements/known.schema.json``."""
    text = (resources.files("conformance") / name).read_text("utf-8")
    loaded: Mapping[str, Any] = json.loads(text)
    return loaded


def read(path: Path) -> Document:
    """Read a file.

    Raises:
        DocumentError: it cannot be read, is not YAML, or contains what JSON cannot express.
    """
    return parse(nodes.read(path), str(path))


def parse(text: str, name: str) -> Document:
    """Read ``text``; ``name`` is how errors refer to it.

    Raises:
        DocumentError: as for ``read``.
    """
    return Document(name, text, nodes.compose(text, name))


def check(document: Document, schema: Any) -> None:
    """Validate a document against a JSON Schema whose properties have descriptions.

    Raises:
        DocumentError: it is not valid; the text names the first fault in the file.
    """
    faults = list(Draft202012Validator(schema).iter_errors(document.value))
    if faults:
        first = min(faults, key=lambda fault: _position(document.place(fault.absolute_path)))
        raise document.fault(*_complaint(first))


def _complaint(fault: ValidationError) -> tuple[list[str | int], str]:
    """The position of a fault and the path of the value, or of the key, that is wrong."""
    path = list(fault.absolute_path)
    where = ".".join(str(step) for step in path) or "the file"
    schema = fault.schema if isinstance(fault.schema, dict) else {}
    hint = schema.get("description", "")
    if fault.validator == "additionalProperties" and isinstance(fault.instance, dict):
        known = schema.get("properties", {})
        unknown = next(key for key in fault.instance if key not in known)
        return [*path, unknown], f"{where}: unknown key `{unknown}`{suggestion(unknown, known)}"
    return path, f"{where}: {fault.message}" + (f"; expected: {hint}" if hint else "")


def _step(node: Node | None, step: str | int) -> tuple[Node | None, Node | None]:
    """The node that marks a key or item of ``node``, and its value."""
    if node is not None and node.is_mapping:
        for key, value in node.pairs():
            if key.value == str(step):
                return key, value
    if node is not None and node.is_list and isinstance(step, int):
        items = node.items()
        if step < len(items):
            return items[step], items[step]
    return None, None


def _position(place: Location) -> tuple[int, int]:
    return place.line, place.column
