"""Starts Python workers of tests by forking a process that has imported what they need.

Judging a worker starts it some forty times, and most of the processor time of a start is the same
imports each time. Run as a script this is the guardian of a test process; see ``keeper.py``. What
is not a Python program of this interpreter it executes as the keeper does.
"""

from __future__ import annotations

import atexit
import gc
import importlib
import io
import os
import runpy
import signal
import socket
import sys
import threading
import traceback
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NoReturn

ROOT = str(Path(__file__).parent.parent)
PRELOADED = (
    "reference_workers.echo",
    "reference_workers.embedding",
    "tests.impostors.__main__",
    "tests.mutants.every",
    "tests.unusual",
)
READY = b"."


def execute(program: str, words: Sequence[str], environment: Mapping[str, str]) -> NoReturn:
    """Become a program: run it in this process if it is one in Python, else execute it."""
    if program != sys.executable or not _runs_alike(environment) or not _is_plain(words):
        os.execvpe(program, list(words), environment)
    os.closerange(3, os.sysconf("SC_OPEN_MAX"))
    os.environ.clear()
    os.environ.update(environment)
    sys.stdin = io.TextIOWrapper(io.BufferedReader(io.FileIO(0, closefd=False)))
    sys.stdout = io.TextIOWrapper(io.BufferedWriter(io.FileIO(1, "w", closefd=False)))
    sys.stderr = io.TextIOWrapper(
        io.BufferedWriter(io.FileIO(2, "w", closefd=False)), line_buffering=True
    )
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGPIPE, signal.SIG_IGN)
    code = _run(words[1:])
    # As multiprocessing ends a process that it forked: threads, exit handlers, output.
    threading._shutdown()  # type: ignore[attr-defined]
    atexit._run_exitfuncs()
    for stream in (sys.stdout, sys.stderr):
        stream.flush()
    os._exit(code)


def _runs_alike(environment: Mapping[str, str]) -> bool:
    """Whether no variable that an interpreter reads when it starts is another one."""
    names = {name for name in (*environment, *os.environ) if name.startswith("PYTHON")}
    return all(environment.get(name) == os.environ.get(name) for name in names)


def _is_plain(words: Sequence[str]) -> bool:
    """Whether a command names a module or a file, without other options of the interpreter."""
    return len(words) > 1 and (words[1] == "-m" or words[1].endswith(".py"))


def _run(words: Sequence[str]) -> int:
    """Run a module or a file as the main program, and return the exit code of that."""
    try:
        if words[0] == "-m":
            sys.argv = list(words[1:])
            sys.path[0] = os.getcwd()  # noqa: PTH109 - what the interpreter does
            sys.modules.pop(words[1], None)  # it is to run once more, as the main program
            runpy.run_module(words[1], run_name="__main__", alter_sys=True)
        else:
            sys.argv = list(words)
            sys.path[0] = str(Path(words[0]).resolve().parent)
            runpy.run_path(words[0], run_name="__main__")
    except SystemExit as end:
        if isinstance(end.code, str):
            print(end.code, file=sys.stderr)
        return end.code if isinstance(end.code, int) else int(end.code is not None)
    except KeyboardInterrupt:
        traceback.print_exc()
        signal.signal(signal.SIGINT, signal.SIG_DFL)
        signal.raise_signal(signal.SIGINT)
    except BaseException:
        traceback.print_exc()
        return 1
    return 0


def start() -> None:
    """Let this process start workers in this way, from now on."""
    from conformance.subject import guardian

    class Warm(guardian.Guardian):
        """A guardian that has imported everything before the first worker is asked for."""

        def __init__(self) -> None:
            # The last word is how `strays` recognises what watches over a worker.
            super().__init__((sys.executable, __file__, guardian.SCRIPT[-1]))
            assert self._control.recv(len(READY)) == READY

    guardian.Guardian = Warm  # type: ignore[assignment,misc]


def main() -> None:
    """Import, and serve as a guardian."""
    sys.path[0] = ROOT
    for module in PRELOADED:
        importlib.import_module(module)
    assert threading.active_count() == 1, "a process with threads cannot be forked"
    gc.freeze()  # else collecting would copy the memory that is shared
    from conformance.subject import keeper

    control = socket.socket(fileno=0)
    control.sendall(READY)
    keeper.guard(control, execute)


if __name__ == "__main__":
    main()
