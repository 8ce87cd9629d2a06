"""What a started worker takes of the machine."""

from __future__ import annotations

from dataclasses import dataclass

import psutil


@dataclass(frozen=True, slots=True)
class Usage:
    """What a process and all that it started take, and have taken.

    ``memory`` is resident, in bytes; ``descriptors`` are open, and 0 where the system does not
    tell; ``seconds`` are those of a processor.
    """

    memory: int
    descriptors: int
    seconds: float


def usage_of(pid: int) -> Usage | None:
    """The usage of a process and its children, or ``None`` when they cannot be looked at."""
    try:
        root = psutil.Process(pid)
        family = [_one(process) for process in (root, *root.children(recursive=True))]
    except (psutil.Error, OSError):
        return None
    return Usage(
        sum(each.memory for each in family),
        sum(each.descriptors for each in family),
        sum(each.seconds for each in family),
    )


def _one(process: psutil.Process) -> Usage:
    descriptors = process.num_fds() if hasattr(process, "num_fds") else 0
    # The first four: its own as a user and in the system, and that of children that have ended.
    return Usage(process.memory_info().rss, descriptors, sum(process.cpu_times()[:4]))
