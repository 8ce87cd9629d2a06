"""A scenario as YAML that every YAML reader reads in the same way."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import yaml

from conformance.documents.nodes import RESOLVERS

LINE_ENDS = frozenset("\x85\u2028\u2029")


class _Dumper(yaml.SafeDumper):
    """Quotes what either version of YAML would not read as a string."""


def _text(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    """A string; what YAML takes for the end of a line is escaped."""
    style = '"' if LINE_ENDS.intersection(text) else None
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=style)


_Dumper.add_representer(str, _text)
for _tag, _expression, _first in RESOLVERS:
    _Dumper.add_implicit_resolver(_tag, _expression, _first)


def write(document: Mapping[str, Any]) -> str:
    """A document as YAML, with each step on a line if it fits."""
    head = {key: value for key, value in document.items() if key != "steps"}
    text = _dump(head, flow=False) + "steps:\n"
    for step in document["steps"]:
        lines = _dump([step], flow=None).rstrip("\n").split("\n")
        text += "".join(f"  {line}\n" for line in lines)
    return text


def _dump(value: Any, *, flow: bool | None) -> str:
    """YAML; with ``flow`` ``None`` what has no parts with parts of their own is on one line."""
    return yaml.dump(
        value,
        Dumper=_Dumper,
        sort_keys=False,
        allow_unicode=True,
        default_flow_style=flow,
        width=110,
    )
