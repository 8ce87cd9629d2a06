"""The file ``conformance.yaml``: what a worker's author declares about the worker.

A key has the name of the option with the same meaning; the option on the command line takes
precedence.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from conformance import documents
from conformance.settings.invoking import Function

FILE = "conformance.yaml"
SCHEMA = "settings/configuration.schema.json"


@dataclass(frozen=True, slots=True)
class Configuration:
    """What a file says.

    ``path`` is ``None`` if there is no file; paths in the file are relative to its folder.
    ``options`` are the values by option name, without the leading dashes.
    """

    path: Path | None = None
    options: Mapping[str, Any] = field(default_factory=dict)
    functions: Mapping[str, Function] = field(default_factory=dict)
    roles: Mapping[str, str | None] = field(default_factory=dict)

    def beside(self, name: str) -> Path:
        """The path of a file that is named in this one."""
        return (self.path.parent if self.path else Path()) / name


def find(folders: list[Path]) -> Path | None:
    """The configuration file in the first of ``folders`` that has one."""
    return next((path for folder in folders if (path := folder / FILE).is_file()), None)


def load(path: Path) -> Configuration:
    """Read a configuration file; an empty one says nothing.

    Raises:
        UsageError: it cannot be read, or does not match the schema.
    """
    document = documents.read(path)
    if document.value is None:
        return Configuration(path)
    documents.check(document, documents.schema(SCHEMA))
    options = dict(document.value)
    functions = options.pop("functions", {})
    roles = options.pop("roles", {})
    known = {
        function_id: Function(tuple(body.get("examples", ())), float(body.get("timeout", 0)))
        for function_id, body in functions.items()
    }
    return Configuration(path, options, known, roles)
