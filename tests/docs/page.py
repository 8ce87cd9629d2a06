"""The snippets of a page, for tests that run them."""

from __future__ import annotations

import re
from pathlib import Path

DOCS = Path(__file__).parents[2] / "docs"


def snippets(name: str, language: str) -> list[str]:
    """The fenced blocks of ``docs/NAME`` in this language, in order."""
    text = (DOCS / name).read_text("utf-8")
    return re.findall(rf"^```{language}\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)


def commands(name: str, beginning: str) -> list[str]:
    """The commands in the text of ``docs/NAME`` that begin so, taken apart at ``&&``."""
    text = (DOCS / name).read_text("utf-8")
    found = re.findall(rf"`({re.escape(beginning)}[^`\n]*)`", text)
    return [command.strip() for line in found for command in line.split("&&")]
