"""The snippets of a page, for tests that run them."""

from __future__ import annotations

import re
from pathlib import Path

DOCS = Path(__file__).parents[2] / "docs"


def snippets(name: str, language: str) -> list[str]:
    """The fenced blocks in this language in ``docs/NAME``, in order."""
    text = (DOCS / name).read_text("utf-8")
    return re.findall(rf"^```{language}\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)


def commands(name: str, beginning: str) -> list[str]:
    """The commands in ``docs/NAME`` with this beginning, split at ``&&``."""
    text = (DOCS / name).read_text("utf-8")
    found = re.findall(rf"`({re.escape(beginning)}[^`\n]*)`", text)
    return [command.strip() for line in found for command in line.split("&&")]
