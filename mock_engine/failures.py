"""How a function of the engine itself fails."""

from __future__ import annotations


class Failure(Exception):  # noqa: N818 - the error a caller gets, not a failure of the engine
    """A function fails with a code for its caller."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
