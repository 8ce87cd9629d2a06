"""What the project's tests of the suite itself have shown, as ``history.json`` stores it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from importlib import resources
from typing import Any


@cache
def history() -> Mapping[str, Any]:
    """What ``python -m tests.kill_matrix`` wrote about the project's tests of the suite itself.

    ``mutants`` and ``failing`` are by requirement: the mutants that its check kills, and the SDKs
    that are known to break it, with the reason.
    """
    text = (resources.files("conformance") / "requirements" / "history.json").read_text("utf-8")
    data: Mapping[str, Any] = json.loads(text)
    return data
