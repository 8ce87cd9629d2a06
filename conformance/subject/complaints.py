"""Failures that a worker's output reports: uncaught exceptions and panics.

Each runtime has its own format: Python writes the exception last, Node and the JVM first, before
the stack; Rust and Go begin with a keyword.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

PYTHON = "Traceback (most recent call last):"
PANIC = re.compile(r"thread '.*' (?:\(\d+\) )?panicked at|panic: |fatal error: ")
NAMED = re.compile(r"(?:Uncaught )?(?:[\w.$]*(?:Error|Exception|Warning|Exit|Interrupt))\b.*")
STACK = re.compile(r"\s+at \S")
MOST = 3


def complaints(lines: Sequence[str]) -> list[str]:
    """The last line of each traceback, and the head of each panic and stack; three at most."""
    found: list[str] = []
    for number, line in enumerate(lines):
        following = lines[number + 1 :]
        if line.strip() == PYTHON:
            found += _end_of_traceback(following)
        elif PANIC.match(line):
            message = following[0].strip() if line.rstrip().endswith(":") and following else ""
            found.append(f"{line.strip()} {message}".strip())
        elif NAMED.match(line) and following and STACK.match(following[0]):
            found.append(line.strip())
    return list(dict.fromkeys(found))[:MOST]


def _end_of_traceback(following: Sequence[str]) -> list[str]:
    """The line that names the exception: the first one that is not indented."""
    line = next((line for line in following if line and not line[0].isspace()), "")
    return [line.strip()] if line else []
