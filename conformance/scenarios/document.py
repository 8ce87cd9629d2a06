"""YAML in which every value knows where it stands, and complaints that say so.

Scalars are read as YAML 1.2 and JSON do: ``on``, ``no`` and dates are plain text. A key that
stands twice is a mistake.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

import yaml

from conformance.errors import UsageError

INDICATORS = "-+0123456789"


@dataclass(frozen=True, slots=True)
class Place:
    """Where something stands; line and column count from one."""

    file: str
    line: int = 1
    column: int = 1

    def __str__(self) -> str:
        """As editors and compilers write it."""
        return f"{self.file}:{self.line}:{self.column}"


class ScenarioError(UsageError):
    """A scenario cannot be used; the text says where and why, and what would be right."""


class _Loader(yaml.SafeLoader):
    """Resolves scalars as the core schema of YAML 1.2 does."""

    yaml_implicit_resolvers = {}  # noqa: RUF012 - PyYAML keeps its table in the class


_INTEGER = re.compile(r"[-+]?[0-9]+|0x[0-9a-fA-F]+")
_NUMBER = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?")
RESOLVERS = [
    (f"tag:yaml.org,2002:{name}", re.compile(f"(?:{expression})$"), first)
    for name, expression, first in (
        ("null", r"~|null|Null|NULL|", [*"~nN", ""]),
        ("bool", r"true|True|TRUE|false|False|FALSE", [*"tTfF"]),
        ("int", _INTEGER.pattern, [*INDICATORS]),
        ("float", _NUMBER.pattern, [*INDICATORS, "."]),
    )
]
"""What is no text: tag, form and possible first characters."""

for _tag, _expression, _first in RESOLVERS:
    _Loader.add_implicit_resolver(_tag, _expression, _first)

_SURROGATE = re.compile("[\ud800-\udbff][\udc00-\udfff]")


class Node:
    """A value of a document, with its place."""

    __slots__ = ("_node", "place")

    def __init__(self, node: yaml.Node, file: str) -> None:
        self._node = node
        mark = node.start_mark
        self.place = Place(file, mark.line + 1, mark.column + 1)

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
            ScenarioError: it has none, or a key stands twice or is no text.
        """
        return [(str(key.value), value) for key, value in self.pairs()]

    def pairs(self) -> list[tuple[Node, Node]]:
        """Its keys, with their places, and values; raises as ``entries``."""
        if not isinstance(self._node, yaml.MappingNode):
            self.refuse(f"a mapping of keys to values is expected here, not {self.describe()}")
        found: list[tuple[Node, Node]] = []
        seen: set[str] = set()
        for key, value in self._node.value:
            name = Node(key, self.place.file)
            if not isinstance(key, yaml.ScalarNode):
                name.refuse("a key is expected to be a text")
            if key.value in seen:
                name.refuse(f"the key `{key.value}` stands twice")
            seen.add(key.value)
            found.append((_Key(key, self.place.file), Node(value, self.place.file)))
        return found

    def items(self) -> list[Node]:
        """Its items.

        Raises:
            ScenarioError: it is no list.
        """
        if not isinstance(self._node, yaml.SequenceNode):
            self.refuse(f"a list is expected here, not {self.describe()}")
        return [Node(item, self.place.file) for item in self._node.value]

    def text(self, what: str) -> str:
        """Its value as a text.

        Raises:
            ScenarioError: it is none; ``what`` says what it would have been.
        """
        value = self.value
        if not isinstance(value, str):
            self.refuse(f"{what} is expected to be a text, not {self.describe()}")
        return value

    def describe(self) -> str:
        """What it is, in a complaint."""
        if self.is_mapping:
            return "a mapping"
        return "a list" if self.is_list else repr(self.value)

    def refuse(self, complaint: str) -> NoReturn:
        """Complain about this value.

        Raises:
            ScenarioError: always.
        """
        raise ScenarioError(f"{self.place}: {complaint}")


class _Key(Node):
    """The key of an entry: always its text, also where it looks like a number."""

    __slots__ = ()

    @property
    def value(self) -> Any:
        """The text."""
        return _joined(self._node.value)


def parse(text: str, file: str) -> Node:
    """Read a document; ``file`` is what complaints call it.

    Raises:
        ScenarioError: it is no YAML, or empty.
    """
    try:
        node = yaml.compose(text, Loader=_Loader)
    except yaml.MarkedYAMLError as fault:
        mark = fault.problem_mark or fault.context_mark
        place = Place(file, mark.line + 1, mark.column + 1) if mark else Place(file)
        raise ScenarioError(f"{place}: no YAML: {fault.problem or fault.context}") from None
    except yaml.YAMLError as fault:
        raise ScenarioError(f"{Place(file)}: no YAML: {fault}") from None
    if node is None:
        raise ScenarioError(f"{Place(file)}: the file is empty")
    return Node(node, file)


def read(path: Path) -> str:
    """The text of a file.

    Raises:
        ScenarioError: it cannot be read.
    """
    try:
        return path.read_text("utf-8")
    except OSError as fault:
        raise ScenarioError(f"{path}: cannot be read: {fault.strerror}") from None
    except UnicodeDecodeError as fault:
        raise ScenarioError(f"{path}: is not UTF-8: {fault.reason}") from None


def suggestion(given: str, known: Iterable[str]) -> str:
    """What may have been meant, as the end of a complaint."""
    names = sorted(known)
    close = difflib.get_close_matches(given, names, 1)
    return f"; did you mean `{close[0]}`?" if close else f"; known: {', '.join(names)}"


def keys(node: Node, known: Iterable[str], what: str) -> Mapping[str, Node]:
    """The entries of a mapping that may have only ``known`` keys.

    Raises:
        ScenarioError: it has another key, or is no mapping.
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
    r"""A text with ``\ud83d\ude00`` as one character, as JSON has it, which is YAML else."""
    if text.isascii() or not _SURROGATE.search(text):
        return text
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "surrogatepass")
