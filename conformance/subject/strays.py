"""Workers of earlier runs that still run, although no suite watches over them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress

import psutil

from conformance.subject.environment import MARK
from conformance.subject.guardian import SCRIPT


def strays() -> Iterator[psutil.Process]:
    """Processes that a suite started and that have no keeper any more.

    A keeper that is killed by hand, or for want of memory, leaves its worker. What has an
    environment of its own cannot be told from other processes then.
    """
    for process in psutil.process_iter():
        with suppress(psutil.Error, OSError):
            if MARK in process.environ() and not any(map(_keeps, process.parents())):
                yield process


def _keeps(process: psutil.Process) -> bool:
    with suppress(psutil.Error):
        return SCRIPT[-1] in process.cmdline()
    return False
