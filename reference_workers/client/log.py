"""What a worker tells its operator: lines on standard error."""

from __future__ import annotations

import os
import sys


def say(text: str) -> None:
    """Write a line, even if nobody holds the other end any more.

    A pipe whose reader left must not end a worker: from then on the lines go nowhere, so that the
    flush at exit does not fail either (it would turn exit code 0 into 120).
    """
    if sys.stderr is None:
        return
    try:
        print(text, file=sys.stderr, flush=True)
    except OSError:
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, sys.stderr.fileno())
        os.close(nowhere)
