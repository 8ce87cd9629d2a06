"""Reads the messages that the crate ``iii-sdk`` defines, from its source."""

from __future__ import annotations

import re
from collections.abc import Mapping

Definitions = Mapping[str, list[str]]
"""The fields of each message, by its type."""

_ENUM = re.compile(r"^pub enum Message \{$(.*?)^\}$", re.MULTILINE | re.DOTALL)
_NOISE = re.compile(r"//[^\n]*|#\[(?:[^\[\]]|\[[^\]]*\])*\]")
_VARIANT = re.compile(r"([A-Z]\w*)\s*(?:\{(.*?)\})?\s*,", re.DOTALL)
_FIELD = re.compile(r"^\s*(\w+)\s*:", re.MULTILINE)
OTHER = "Unknown"
"""The variant for messages that the SDK does not know."""


def messages(source: str) -> Definitions:
    """The messages of ``protocol.rs``.

    Raises:
        ValueError: there are none in it.
    """
    found = _ENUM.search(source)
    if found is None:
        raise ValueError("no `pub enum Message` in this source: the crate has another form now")
    body = _NOISE.sub("", found[1])
    return {
        variant.lower(): sorted(_FIELD.findall(fields or ""))
        for variant, fields in _VARIANT.findall(body)
        if variant != OTHER
    }
