"""The resources that a started worker uses, and what it is connected with."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass

import psutil

DIALLED = (psutil.CONN_ESTABLISHED, psutil.CONN_SYN_SENT)


@dataclass(frozen=True, slots=True)
class Usage:
    """The resources used by a process and everything it started.

    ``memory`` is resident, in bytes; ``descriptors`` counts open ones, 0 if the system does not
    say; ``seconds`` is CPU time.
    """

    memory: int
    descriptors: int
    seconds: float


def usage_of(pid: int) -> Usage | None:
    """The usage of a process and its children, or ``None`` if they cannot be examined."""
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


def remotes_of(pid: int) -> tuple[tuple[str, int], ...]:
    """Hosts and ports that a process and its children are connected with, or dial; best effort."""
    found: dict[tuple[str, int], None] = {}
    with suppress(psutil.Error, OSError):
        root = psutil.Process(pid)
        for process in (root, *root.children(recursive=True)):
            for connection in process.net_connections(kind="tcp"):
                if connection.raddr and connection.status in DIALLED:
                    found[connection.raddr.ip, connection.raddr.port] = None
    return tuple(found)


def holder_of(port: int) -> str:
    """Which process listens on a port of this machine, in words; best effort."""
    with suppress(psutil.Error, OSError):
        for connection in psutil.net_connections(kind="tcp"):
            here = connection.laddr and connection.laddr.port == port
            if here and connection.status == psutil.CONN_LISTEN and connection.pid:
                return f"{psutil.Process(connection.pid).name()} (pid {connection.pid})"
    return "another process"
