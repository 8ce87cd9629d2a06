"""Reads the messages that the Python package ``iii-sdk`` defines, from its source."""

from __future__ import annotations

import ast
import sys
import tempfile
import zipfile
from collections.abc import Iterator
from pathlib import Path

from tests.sdks.definitions import Definitions
from tests.sdks.definitions.running import run

PACKAGE, MODULE = "iii-sdk", "iii/iii_types.py"
TYPES, TYPE = "MessageType", "message_type"


def messages(source: str) -> Definitions:
    """The messages of ``iii_types.py``; a type without its own class has no fields.

    Raises:
        ValueError: the text defines no messages.
    """
    classes = [node for node in ast.parse(source).body if isinstance(node, ast.ClassDef)]
    kinds = {
        node.targets[0].id: node.value.value
        for found in classes
        if found.name == TYPES
        for node in found.body
        if isinstance(node, ast.Assign)
        and isinstance(node.targets[0], ast.Name)
        and isinstance(node.value, ast.Constant)
    }
    if not kinds:
        raise ValueError(f"no `class {TYPES}` in this source: the package has another form now")
    definitions: dict[str, list[str]] = {str(kind): [] for kind in kinds.values()}
    for found in classes:
        fields = dict(_fields(found))
        if TYPE in fields:
            declared = f"{fields.pop(TYPE)},"
            kind = next(name for name in kinds if f"{TYPES}.{name}," in declared)
            definitions[str(kinds[kind])] = sorted(map(_wire_name, fields, fields.values()))
    return definitions


def _fields(found: ast.ClassDef) -> Iterator[tuple[str, str]]:
    """Each field with the rest of its declaration."""
    for node in found.body:
        if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
            name = node.target.id
            if not name.startswith("_"):
                yield name, "" if node.value is None else ast.unparse(node.value)


def _wire_name(name: str, declared: str) -> str:
    """The name of a field on the wire: its alias, if it has one."""
    return declared.partition("alias='")[2].partition("'")[0] or name


def published(version: str | None) -> tuple[str, str]:
    """A release, the newest one for ``None``: its version and its source."""
    wanted = PACKAGE if version is None else f"{PACKAGE}=={version}"
    with tempfile.TemporaryDirectory() as folder:
        run(
            *(sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--pre"),
            *("--only-binary", ":all:", "--dest", folder, wanted),
        )
        (wheel,) = Path(folder).glob("*.whl")
        with zipfile.ZipFile(wheel) as archive:
            return wheel.name.split("-")[1], archive.read(MODULE).decode()
