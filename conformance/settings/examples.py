"""Examples of the data of functions, in the form of ``conformance.yaml``."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from conformance.errors import UsageError

HEAD = """\
# What the functions of the worker were found to take, for `conformance.yaml`; the first example
# of a function is what it is invoked with.
"""

LONGEST = 2000
"""The greatest length of an example that is written, in characters."""


def text(functions: Mapping[str, Mapping[str, Any]]) -> str:
    """The section ``functions`` for what was learned, by function: ``examples`` and ``depth``."""
    lines = [HEAD, "functions:" if functions else "functions: {}"]
    for name, learned in functions.items():
        written = [json.dumps(example, ensure_ascii=False) for example in learned["examples"]]
        short = [example for example in written if len(example) <= LONGEST]
        if short:
            lines.append(f"  {json.dumps(name)}:  # {learned['depth']}")
            lines.append("    examples:")
            lines += [f"      - {example}" for example in short]
    return "\n".join(lines) + "\n"


def write(path: Path, functions: Mapping[str, Mapping[str, Any]]) -> None:
    """Write that section.

    Raises:
        UsageError: the file cannot be written.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text(functions), "utf-8")
    except OSError as fault:
        raise UsageError(
            f"--write-examples: {path}: {fault.strerror}; name a file that can be written"
        ) from None
