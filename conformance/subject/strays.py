"""Workers of earlier runs that are still running, although no suite watches over them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress

import psutil

from conformance.subject.environment import MARK
from conformance.subject.guardian import SCRIPT


def strays() -> Iterator[psutil.Process]:
    """Processes that a suite started and that no longer have a keeper.

    A keeper that is killed by hand, or by the out-of-memory killer, leaves its worker behind. A
    process that replaced its environment cannot be recognised then.
    """
    for process in psutil.process_iter():
        with suppress(psutil.Error, OSError):
            if MARK in process.environ() and not any(map(_keeps, process.parents())):
                yield process


def _keeps(process: psutil.Process) -> bool:
    with suppress(psutil.Error):
        return SCRIPT[-1] in process.cmdline()
    return False
