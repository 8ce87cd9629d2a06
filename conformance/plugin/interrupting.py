"""How a run is ended from outside without losing anything it found."""

from __future__ import annotations

import os
import signal
import stat
import threading
from types import FrameType

ENDING = ("SIGTERM", "SIGHUP")
"""The signals that end a run as Ctrl-C does; SIGHUP comes when the terminal is closed."""


def take_signals() -> None:
    """Make the signals that end a process end the run as Ctrl-C does.

    So no worker outlives the run, and verdicts and findings are written. A signal that is ignored
    (``nohup``) stays so. Only the main thread may do this; elsewhere nothing happens.
    """
    if threading.current_thread() is not threading.main_thread():
        return
    for name in ENDING:
        number = getattr(signal, name, None)
        if number is not None and signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, _interrupt)


def _interrupt(number: int, frame: FrameType | None) -> None:
    if number != signal.SIGTERM:
        _leave_terminal()
    signal.default_int_handler(number, frame)


def _leave_terminal() -> None:
    """Discard what would go to a terminal that is gone, where writing fails."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    for descriptor in (1, 2):
        if stat.S_ISCHR(os.fstat(descriptor).st_mode):
            os.dup2(nowhere, descriptor)
    os.close(nowhere)
