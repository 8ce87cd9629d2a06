"""The failures of the engine's own functions."""

from __future__ import annotations

import json


class Failure(Exception):  # noqa: N818 - the error a caller gets, not a failure of the engine
    """The failure of a function, with a code for its caller."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code

    def debug(self) -> str:
        """The failure as the engine formats it in error texts."""
        code, message = (json.dumps(part, ensure_ascii=False) for part in (self.code, str(self)))
        return f"ErrorBody {{ code: {code}, message: {message}, stacktrace: None }}"
