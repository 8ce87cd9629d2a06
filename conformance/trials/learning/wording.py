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


_CODE = re.compile(r"[A-Za-z][A-Za-z0-9]*(?:_[A-Za-z0-9]+)+$")
_ENDINGS = ("error", "request", "found", "failed", "denied", "invalid", "argument", "input")
_DEMANDS = re.compile(
    r"(?:(?:string|number|array|list|value|input|field|it|this) )?(?:must|should|has to|have to|"
    r"needs? to|can(?:not|['’]t)|may not|is|are|was|too|exceeds?|expect(?:ed|s)|required|"
    r"(?:missing|invalid|empty)\W*$|not (?:an?|set|given|provided)\b)",
    re.IGNORECASE,
)


def without_codes(text: str, code: str = "") -> str:
    """A message without the codes that precede it: ``bad_request: missing bed``.

    ``code`` is the error's own. Any other word with an underscore before a colon is one, too, but
    it may be the name of a field where a demand follows at once: ``order_id: must be a string``.
    """
    while True:
        head, colon, rest = text.partition(": ")
        own = bool(code) and head == code
        general = head.lower().endswith(_ENDINGS) or not _DEMANDS.match(rest)
        if not colon or not (own or (_CODE.match(head) and general)):
            return text
        text = rest.lstrip()


_ABSENT = re.compile(
    r"\bfunction [`'\"]?([\w.\-/]+(?:::[\w.\-/]+)+)[`'\"]? (?:was )?not found", re.IGNORECASE
)


def absent_function(text: str) -> str:
    """The id of the function that is not found, if a message says that; else empty."""
    found = _ABSENT.search(text)
    return found[1] if found else ""


def _texts(value: Any) -> list[str]:
    found: list[str] = []
    waiting = [value]
    while waiting and len(found) < 40:
        node = waiting.pop()
        if isinstance(node, str) and len(node) >= 4:
            found.append(node)
        waiting += (child for _, child in children(node))
    return sorted(found, key=len, reverse=True)
