"""What the project's own trials of the suite have shown, as ``history.json`` keeps it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from importlib import resources
from typing import Any


@cache
def history() -> Mapping[str, Any]:
    """What ``python -m tests.kill_matrix`` wrote of the project's own trials of the suite.

    ``mutants`` and ``failing`` are by requirement: the wrong workers that its check finds, and the
    SDKs that are known to break it, with the reason.
    """
    text = (resources.files("conformance") / "requirements" / "history.json").read_text("utf-8")
    data: Mapping[str, Any] = json.loads(text)
    return data
