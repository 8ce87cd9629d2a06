"""Ids as the engine creates them: random UUIDs."""

from __future__ import annotations

import uuid

UUID_PATTERN = r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"
"""A UUID in its canonical form, as a regular expression."""


def new_id() -> str:
    """A new id."""
    return str(uuid.uuid4())
