"""The schema files of this package."""

from __future__ import annotations

import json
from collections.abc import Mapping
from enum import Enum
from functools import cache
from importlib import resources
from types import MappingProxyType
from typing import Any


class Direction(Enum):
    """The direction of a message; the value is the folder with its schemas."""

    WORKER_TO_ENGINE = "worker"
    ENGINE_TO_WORKER = "engine"


@cache
def load(name: str) -> Mapping[str, Any]:
    """The schema in the file ``name``, as in ``worker/registerfunction`` or ``common``.

    Raises:
        FileNotFoundError: there is no such schema.
    """
    text = (resources.files("schemas") / f"{name}.json").read_text("utf-8")
    return MappingProxyType(json.loads(text))


@cache
def messages(direction: Direction) -> Mapping[str, Mapping[str, Any]]:
    """The schemas of all messages in a ``direction``, by message type."""
    folder = resources.files("schemas") / direction.value
    names = sorted(entry.name.removesuffix(".json") for entry in folder.iterdir())
    return MappingProxyType({name: load(f"{direction.value}/{name}") for name in names})


@cache
def functions() -> Mapping[str, Mapping[str, Any]]:
    """The schemas of the inputs of the engine's own functions, by function id."""
    return _by_subject("functions", "urn:iii:function:", ":request")


@cache
def trigger_configs() -> Mapping[str, Mapping[str, Any]]:
    """The schemas of the configs of the engine's own trigger types, by trigger type."""
    return _by_subject("triggers", "urn:iii:trigger:", ":config")


def _by_subject(folder: str, before: str, after: str) -> Mapping[str, Mapping[str, Any]]:
    """Schemas by the subject in their ids, because file names cannot contain its colons."""
    names = sorted(
        entry.name.removesuffix(".json")
        for entry in (resources.files("schemas") / folder).iterdir()
    )
    found = [load(f"{folder}/{name}") for name in names]
    return MappingProxyType(
        {schema["$id"].removeprefix(before).removesuffix(after): schema for schema in found}
    )
