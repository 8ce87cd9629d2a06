"""Messages without their variable parts, so that two of the same kind are equal."""

from __future__ import annotations

import re
from typing import Any

from conformance.documents.trees import children


def normalised(text: str, value: Any = None) -> str:
    """A message without its variable parts: data, numbers, addresses."""
    text = text[:1000]
    for leaf in _texts(value):
        if leaf in text:
            text = text.replace(leaf, "‹data›")
    text = re.sub(r"tag-[0-9a-f]{12}", "‹data›", text)
    text = re.sub(
        r"0x[0-9a-fA-F]+|[0-9a-f]{8}-[0-9a-f-]{27}|\d+(?:\.\d+)?(?:e[+-]?\d+)?", "#", text
    )
    text = re.sub(r"(\[|\{|\")(?:[^\]\}\"\n]{40,})(\]|\}|\")", r"\1…\2", text)
    return re.sub(r"\s+", " ", text)[:160]


def _texts(value: Any) -> list[str]:
    found: list[str] = []
    waiting = [value]
    while waiting and len(found) < 40:
        node = waiting.pop()
        if isinstance(node, str) and len(node) >= 4:
            found.append(node)
        waiting += (child for _, child in children(node))
    return sorted(found, key=len, reverse=True)
