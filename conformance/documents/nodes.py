"""YAML in which every value knows its position, and errors that name it.

Rules of this file:

* Scalars are read as in YAML 1.2 and JSON: ``on``, ``no`` and dates are plain text, and keys are
  text.
* A value is a JSON value: there are no duplicate keys, nothing contains itself, no number is
  infinite. What is read here goes over the wire or into a report.
* An error names file, line and column, what is there, and what would be right.
"""

from __future__ import annotations

import difflib
import math
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

import yaml

from conformance.errors import UsageError

INDICATORS = "-+0123456789"
TEXT, FLOAT = "tag:yaml.org,2002:str", "tag:yaml.org,2002:float"


@dataclass(frozen=True, slots=True)
class Location:
    """A position in a file; line and column count from one."""

    file: str
    line: int = 1
    column: int = 1

    def __str__(self) -> str:
        """The position as editors and compilers write it."""
        return f"{self.file}:{self.line}:{self.column}"

    @classmethod
    def of(cls, mark: yaml.Mark | None, file: str) -> Location:
        """The position of a mark of PyYAML."""
        return cls(file, mark.line + 1, mark.column + 1) if mark else cls(file)


class DocumentError(UsageError):
    """A document cannot be used; the text says where and why, and what would be right."""


class _Loader(yaml.SafeLoader):
    """Resolves scalars as the core schema of YAML 1.2 does."""

    yaml_implicit_resolvers = {}  # noqa: RUF012 - PyYAML keeps its table in the class


_INTEGER = r"[-+]?[0-9]+|0x[0-9a-fA-F]+"
_NUMBER = r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?"
_NO_NUMBER = r"[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)"
RESOLVERS = [
    (f"tag:yaml.org,2002:{name}", re.compile(f"(?:{expression})$"), first)
    for name, expression, first in (
        ("null", r"~|null|Null|NULL|", [*"~nN", ""]),
        ("bool", r"true|True|TRUE|false|False|FALSE", [*"tTfF"]),
        ("int", _INTEGER, [*INDICATORS]),
        ("float", f"{_NUMBER}|{_NO_NUMBER}", [*INDICATORS, "."]),
    )
]
"""The scalars that are not text: tag, form and possible first characters."""

for _tag, _expression, _first in RESOLVERS:
    _Loader.add_implicit_resolver(_tag, _expression, _first)


class _QuickLoader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # type: ignore[misc]
    """The same in C, if PyYAML was built with it: ten times as fast."""

    yaml_implicit_resolvers = _Loader.yaml_implicit_resolvers


_SURROGATE = re.compile("[\ud800-\udbff][\udc00-\udfff]")


class Node:
    """A value of a document, with its position."""

    __slots__ = ("_node", "place")

    def __init__(self, node: yaml.Node, file: str) -> None:
        self._node = node
        self.place = Location.of(node.start_mark, file)

    @property
    def raw(self) -> yaml.Node:
        """The node of PyYAML, with marks, for edits of single characters in a file."""
        return self._node

    @property
    def is_mapping(self) -> bool:
        """Whether it has keys."""
        return isinstance(self._node, yaml.MappingNode)

    @property
    def is_list(self) -> bool:
        """Whether it has items."""
        return isinstance(self._node, yaml.SequenceNode)

    @property
    def value(self) -> Any:
        """The JSON value."""
        if self.is_mapping:
            return {key: node.value for key, node in self.entries()}
        if self.is_list:
            return [node.value for node in self.items()]
        return _scalar(self._node)

    def entries(self) -> list[tuple[str, Node]]:
        """Its keys and values.

        Raises:
            DocumentError: it is not a mapping.
        """
        return [(str(key.value), value) for key, value in self.pairs()]

    def pairs(self) -> list[tuple[Node, Node]]:
        """Its keys, with their positions, and values; raises as ``entries``."""
        if not isinstance(self._node, yaml.MappingNode):
            self.refuse(f"a mapping of keys to values is expected here, not {self.describe()}")
        file = self.place.file
        return [(_Key(key, file), Node(value, file)) for key, value in self._node.value]

    def items(self) -> list[Node]:
        """Its items.

        Raises:
            DocumentError: it is not a list.
        """
        if not isinstance(self._node, yaml.SequenceNode):
            self.refuse(f"a list is expected here, not {self.describe()}")
        return [Node(item, self.place.file) for item in self._node.value]

    def text(self, what: str) -> str:
        """Its value as a text.

        Raises:
            DocumentError: it is not; ``what`` says what was expected.
        """
        value = self.value
        if not isinstance(value, str):
            self.refuse(f"{what} is expected to be a text, not {self.describe()}")
        return value

    def describe(self) -> str:
        """What it is, as errors describe it."""
        if self.is_mapping:
            return "a mapping"
        return "a list" if self.is_list else repr(self.value)

    def refuse(self, complaint: str) -> NoReturn:
        """Raise an error about this value.

        Raises:
            DocumentError: always.
        """
        raise DocumentError(f"{self.place}: {complaint}")


class _Key(Node):
    """The key of an entry."""

    __slots__ = ()

    @property
    def value(self) -> Any:
        """The text."""
        return _joined(self._node.value)


def parse(text: str, file: str) -> Node:
    """Read a document; ``file`` is how errors refer to it.

    Raises:
        DocumentError: it is not YAML, contains what JSON cannot express, or is empty.
    """
    node = compose(text, file)
    if node is None:
        raise DocumentError(f"{Location(file)}: the file is empty")
    return node


def compose(text: str, file: str) -> Node | None:
    """Read a document that may be empty.

    Raises:
        DocumentError: it is not YAML, or contains what JSON cannot express.
    """
    try:
        root = _composed(text)
    except yaml.MarkedYAMLError as fault:
        place = Location.of(fault.problem_mark or fault.context_mark, file)
        raise DocumentError(f"{place}: no YAML: {fault.problem or fault.context}") from None
    except yaml.YAMLError as fault:
        raise DocumentError(f"{Location(file)}: no YAML: {fault}") from None
    if root is None:
        return None
    _refuse(root, file, (), set())
    return Node(root, file)


def _composed(text: str) -> yaml.Node | None:
    """Read a document; on failure the plain loader reads it again, for its precise messages."""
    try:
        return yaml.compose(text, Loader=_QuickLoader)
    except (yaml.YAMLError, UnicodeError):
        return yaml.compose(text, Loader=_Loader)


def _refuse(
    node: yaml.Node, file: str, around: tuple[yaml.Node, ...], seen: set[yaml.Node]
) -> None:
    """Refuse what is not a JSON value: duplicate or odd keys, circular values, infinities."""
    if node in around:
        Node(node, file).refuse("a value contains itself")
    if node in seen:
        return
    seen.add(node)
    match node:
        case yaml.MappingNode():
            _refuse_keys(node, file)
            inner = [value for _, value in node.value]
        case yaml.SequenceNode():
            inner = node.value
        case _:
            inner = []
            if node.tag == FLOAT and not _is_finite(node.value):
                Node(node, file).refuse(f"{node.value} is no JSON value")
    for value in inner:
        _refuse(value, file, (*around, node), seen)


def _refuse_keys(node: yaml.MappingNode, file: str) -> None:
    seen: set[str] = set()
    for key, _ in node.value:
        name = Node(key, file)
        if key.tag != TEXT:
            shown = f"`{key.value}`" if isinstance(key, yaml.ScalarNode) else "here"
            name.refuse(f"the key {shown} is no text; put it in quotes")
        if key.value in seen:
            name.refuse(f"the key `{key.value}` stands twice")
        seen.add(key.value)


def _is_finite(text: str) -> bool:
    return not re.fullmatch(_NO_NUMBER, text) and math.isfinite(float(text))


def read(path: Path) -> str:
    """The text of a file.

    Raises:
        DocumentError: it cannot be read.
    """
    try:
        return path.read_text("utf-8")
    except OSError as fault:
        raise DocumentError(f"{path}: cannot be read: {fault.strerror}") from None
    except UnicodeDecodeError as fault:
        reason = f"no UTF-8 text: {fault.reason} at byte {fault.start}"
        raise DocumentError(f"{path}: {reason}") from None


def closest(name: str, known: Iterable[str]) -> str:
    """What was probably meant, as the end of an error message, or an empty text."""
    found = difflib.get_close_matches(name, list(known), 1, 0.5)
    return f"; did you mean `{found[0]}`?" if found else ""


def suggestion(name: str, known: Iterable[str]) -> str:
    """What may have been meant, or all that there is, as the end of an error message."""
    names = sorted(known)
    return closest(name, names) or f"; known: {', '.join(names)}"


def keys(node: Node, known: Iterable[str], what: str) -> Mapping[str, Node]:
    """The entries of a mapping that may have only ``known`` keys.

    Raises:
        DocumentError: it has another key, or is not a mapping.
    """
    allowed = tuple(known)
    for key, _ in node.pairs():
        if key.value not in allowed:
            key.refuse(f"{what} has no `{key.value}`{suggestion(key.value, allowed)}")
    return dict(node.entries())


def _scalar(node: yaml.Node) -> Any:
    kind = node.tag.rpartition(":")[2]
    if kind == "null":
        return None
    if kind == "bool":
        return node.value.lower() == "true"
    if kind == "int":
        return int(node.value, 16 if node.value.startswith("0x") else 10)
    return float(node.value) if kind == "float" else _joined(node.value)


def _joined(text: str) -> str:
    r"""A text with ``\ud83d\ude00`` as one character, as in JSON; YAML reads two."""
    if text.isascii() or not _SURROGATE.search(text):
        return text
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "surrogatepass")
