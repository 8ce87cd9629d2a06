"""Prints the progress of a matrix: in place on a terminal, otherwise a line now and then."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from conformance.matrix.progress import Progress, verdicts
from conformance.matrix.run import WORKERS

EVERY_LIVE, EVERY = 1.0, 30.0
"""Seconds between two lines of progress, on a terminal and elsewhere."""

CLEAR = "\r\x1b[K"
"""What erases the line of progress on a terminal."""


@contextmanager
def following(names: Sequence[str], folder: Path, total: int) -> Iterator[Callable[[str], None]]:
    """Print the progress of the matrix until it is over; yield what prints a line about a step."""
    live, over, began = sys.stderr.isatty(), threading.Event(), time.monotonic()
    done: set[str] = set()
    lock = threading.Lock()

    def notify(line: str) -> None:
        name, _, what = line.partition(": ")
        if what != "built":
            done.add(name)
        with lock:
            print(f"{CLEAR}{line}" if live else line, file=sys.stderr, flush=True)

    def follow() -> None:
        while not over.wait(EVERY_LIVE if live else EVERY):
            counts = {name: verdicts(folder / WORKERS / name) for name in names}
            now = Progress(total, counts, frozenset(done), time.monotonic() - began)
            with lock:
                end = "" if live else "\n"
                start = CLEAR if live else ""
                print(f"{start}{now.line()}", end=end, file=sys.stderr, flush=True)

    thread = threading.Thread(target=follow, daemon=True)
    thread.start()
    try:
        yield notify
    finally:
        over.set()
        thread.join()
        if live:
            print(CLEAR, end="", file=sys.stderr, flush=True)
