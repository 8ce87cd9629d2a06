"""Reads the messages that the npm package ``iii-sdk`` defines, from its source maps."""

from __future__ import annotations

import json
import re
import tarfile
import tempfile
from pathlib import Path

from tests.sdks.definitions import Definitions
from tests.sdks.definitions.running import run

PACKAGE, MODULE = "iii-sdk", "iii-types.ts"
RENAMED = {"type": "trigger_type"}
"""The names in the package that differ from the wire; ``message_type`` is the wire's ``type``."""

_ENUM = re.compile(r"^export enum MessageType \{$(.*?)^\}$", re.MULTILINE | re.DOTALL)
_KIND = re.compile(r"^ +(\w+) = '(\w+)'", re.MULTILINE)
_NOISE = re.compile(r"/\*.*?\*/|//[^\n]*", re.DOTALL)
_TYPE = re.compile(r"^export type \w+ = \{$(.*?)^\}$", re.MULTILINE | re.DOTALL)
_FIELD = re.compile(r"^  (\w+)\??:", re.MULTILINE)
_OF = re.compile(r"^ +message_type: MessageType\.(\w+)", re.MULTILINE)


def messages(source: str) -> Definitions:
    """The messages of ``iii-types.ts``; a type without its own definition has no fields.

    Raises:
        ValueError: the text defines no messages.
    """
    found = _ENUM.search(source)
    if found is None:
        raise ValueError("no `enum MessageType` in this source: the package has another form now")
    kinds = dict(_KIND.findall(found[1]))
    definitions: dict[str, list[str]] = {kind: [] for kind in kinds.values()}
    for body in _TYPE.findall(_NOISE.sub("", source)):
        named = _OF.search(body)
        if named is not None:
            names = [RENAMED.get(name, name) for name in _FIELD.findall(body)]
            names.remove("message_type")
            definitions[kinds[named[1]]] = sorted(names)
    return definitions


def published(version: str | None) -> tuple[str, str]:
    """A release, the newest one for ``None``: its version and its source.

    Raises:
        ValueError: its source maps do not contain the source.
    """
    wanted = PACKAGE if version is None else f"{PACKAGE}@{version}"
    with tempfile.TemporaryDirectory() as folder:
        run("npm", "pack", "--silent", wanted, folder=folder)
        (packed,) = Path(folder).glob("*.tgz")
        with tarfile.open(packed) as archive:
            archive.extractall(folder, filter="data")
        package = Path(folder) / "package"
        release = json.loads((package / "package.json").read_text("utf-8"))["version"]
        for file in sorted(package.glob("dist/*.mjs.map")):
            mapped = json.loads(file.read_text("utf-8"))
            for name, source in zip(mapped["sources"], mapped["sourcesContent"], strict=True):
                if name.rpartition("/")[2] == MODULE:
                    return str(release), str(source)
    raise ValueError(f"no map of {PACKAGE} {release} has {MODULE}: the package has another form")
