"""Starts workers for the suite, and kills them when the suite has ended. Run as a script.

    suite ── control socket ──▶ guardian ──fork──▶ keeper ──fork, exec──▶ worker ──▶ what it starts
      └──────────── one job socket for each worker ──────▲

Rules of this file:

* It is a separate program and imports only the standard library. The guardian has one thread and
  little memory, so it can fork a keeper for each worker in about a millisecond; the suite, which
  has threads, could not.
* On Linux a keeper is a child subreaper (prctl(2)): whatever a worker starts becomes a child of the
  keeper when its own parent ends, in whatever session, process group and environment it runs.
  Elsewhere a keeper polls the process table while the worker runs, and remembers what it saw.
* The system closes the suite's end of a job socket when the suite ends, in whatever way. A keeper
  then kills everything below it, and ends.

A job is one JSON object on a line: ``words``, ``environment``, ``folder``, and whether ``input``
stays open. A keeper answers in lines: ``{"pid"}`` or ``{"errno", "file"}``, and later
``{"status"}``. It is asked ``{"remaining": SECONDS}`` and answers with the processes that still
run when there are none any more, or after so many seconds.
"""

from __future__ import annotations

import contextlib
import ctypes
import errno
import json
import os
import select
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, NoReturn

SUBREAPER = 36
"""PR_SET_CHILD_SUBREAPER of Linux."""

LINUX = sys.platform == "linux"
LOOK = 0.05
"""Seconds between two checks of what is still running, while its end is awaited."""

WATCH = 0.5
"""Seconds between two reads of the process table if there is no subreaper."""

PS = ("/bin/ps", "-axo", "pid=,ppid=,state=,lstart=")
OWN_SIGNALS = (signal.SIGINT, signal.SIGPIPE, signal.SIGXFSZ, signal.SIGCHLD)
"""What a worker must not inherit: ignored by Python, by a shell that started the suite in the
background, or by the guardian."""


Execute = Callable[[str, Sequence[str], Mapping[str, str]], NoReturn]
"""Turns this process into another program, as ``os.execvpe`` does."""


def _exec(program: str, words: Sequence[str], environment: Mapping[str, str]) -> NoReturn:
    os.execvpe(program, list(words), environment)  # noqa: S606 - its purpose


def guard(control: socket.socket, execute: Execute = _exec) -> None:
    """Fork a keeper for each pair of descriptors that arrives: a job socket and an output pipe."""
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody waits for a keeper
    while True:
        data, descriptors, _, _ = socket.recv_fds(control, 1, 2)
        if not data:
            return
        for descriptor in descriptors:
            os.set_inheritable(descriptor, False)
        if os.fork() == 0:
            control.close()
            _keep(Keeper(socket.socket(fileno=descriptors[0]), execute), descriptors[1])
        for descriptor in descriptors:
            os.close(descriptor)


def _keep(keeper: Keeper, output: int) -> NoReturn:
    try:
        keeper.run(output)
    finally:
        os._exit(0)


class Keeper:
    """Starts one worker, reports how it ends, and knows what it started."""

    def __init__(self, job: socket.socket, execute: Execute) -> None:
        self._job = job
        self._execute = execute
        self._received = b""
        self._pid = 0
        self._table = Table()
        self._deadline: float | None = None

    def run(self, output: int) -> None:
        """Serve the job until the suite closes its end of it, and leave nothing behind."""
        waker, wakes = os.pipe()
        os.set_blocking(wakes, False)
        os.set_blocking(waker, False)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        signal.set_wakeup_fd(wakes, warn_on_full_buffer=False)
        line = self._line()
        if line is None:
            return
        if LINUX:
            ctypes.CDLL(None).prctl(SUBREAPER, 1, 0, 0, 0)
        self._start(json.loads(line), output)
        os.close(output)
        while self._serve(waker):
            pass
        self._end(waker)

    def _serve(self, waker: int) -> bool:
        """Do what is to be done next; return false when the suite wants no more."""
        awaited = [self._job.fileno(), waker]
        wait = LOOK if self._deadline is not None else None if LINUX else WATCH
        ready, _, _ = select.select(awaited, [], [], wait)
        if waker in ready:
            with contextlib.suppress(BlockingIOError):
                os.read(waker, 4096)
        self._reap()
        self._table.look()
        if self._job.fileno() in ready:
            line = self._line()
            if line is None:
                return False
            self._deadline = time.monotonic() + json.loads(line)["remaining"]
        if self._deadline is not None:
            found = self._running()
            if not found or time.monotonic() >= self._deadline:
                self._deadline = None
                self._tell({"remaining": found})
        return True

    def _line(self) -> bytes | None:
        """The next line from the suite, or ``None`` at its end."""
        while b"\n" not in self._received:
            try:
                data = self._job.recv(65536)
            except ConnectionError:
                return None
            if not data:
                return None
            self._received += data
        line, _, self._received = self._received.partition(b"\n")
        return line

    def _tell(self, answer: dict[str, Any]) -> None:
        with contextlib.suppress(OSError):  # the suite is gone: its end of the socket is closed
            self._job.sendall(json.dumps(answer).encode() + b"\n")

    def _start(self, job: dict[str, Any], output: int) -> None:
        if job["input"]:
            given, _held = os.pipe()  # the writing end stays open as long as this process
        else:
            given = os.open(os.devnull, os.O_RDONLY)
        failed, failing = os.pipe()
        self._pid = os.fork()
        if self._pid == 0:
            _become(job, given, output, failing, self._execute)
        os.close(failing)
        os.close(given)
        with os.fdopen(failed, "rb") as reading:
            reason = reading.read()
        self._tell(json.loads(reason) if reason else {"pid": self._pid})

    def _running(self) -> list[int]:
        """What is running below this process.

        A process that started while the table was read may not be in it; but the system still knows
        whether there are children.
        """
        while not (found := self._table.running()) and self._reap():
            pass
        return found

    def _reap(self) -> bool:
        """Take note of every child that has ended, orphans among them; whether there are others."""
        while True:
            try:
                pid, status = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                return False
            if pid == 0:
                return True
            if pid == self._pid:
                self._tell({"status": os.waitstatus_to_exitcode(status)})

    def _end(self, waker: int) -> None:
        """Kill everything, until no new process appears."""
        while found := self._running():
            for pid in found:
                with contextlib.suppress(ProcessLookupError, PermissionError):
                    os.kill(pid, signal.SIGKILL)
            select.select([waker], [], [], LOOK / 10)
            self._reap()
        self._reap()


def _become(
    job: dict[str, Any], given: int, output: int, failing: int, execute: Execute
) -> NoReturn:
    """Become the worker: its own session, no ignored signals, its own input and output."""
    try:
        os.setsid()
        for number in OWN_SIGNALS:
            signal.signal(number, signal.SIG_DFL)
        signal.set_wakeup_fd(-1)
        os.dup2(given, 0)
        os.dup2(output, 1)
        os.dup2(output, 2)
        os.chdir(job["folder"])
        execute(job["words"][0], job["words"], job["environment"])
    except (OSError, ValueError) as fault:
        reason = getattr(fault, "errno", None) or errno.EINVAL
        folder, program = job["folder"], job["words"][0]
        name = folder if getattr(fault, "filename", None) == folder else program
        os.write(failing, json.dumps({"errno": reason, "file": name}).encode())
    os._exit(127)


class Table:
    """The processes below this one, from the system's process table."""

    def __init__(self) -> None:
        self._seen: dict[int, str] = {}

    def look(self) -> None:
        """Remember what is running, if it could not be found once its parent has ended."""
        if not LINUX:
            self.running()

    def running(self) -> list[int]:
        """The ids of the running processes, without zombies.

        If there is no subreaper, a process that was seen below the worker is recognised by its id
        and start time.
        """
        rows = _linux_rows() if LINUX else _other_rows()
        children: dict[int, list[int]] = {}
        for pid, (parent, _, _) in rows.items():
            children.setdefault(parent, []).append(pid)
        beneath = {os.getpid()}
        if not LINUX:
            beneath |= {
                p for p, began in self._seen.items() if rows.get(p, (0, "", ""))[1] == began
            }
        waiting = list(beneath)
        while waiting:
            for pid in children.get(waiting.pop(), ()):
                if pid not in beneath:
                    beneath.add(pid)
                    waiting.append(pid)
        beneath.discard(os.getpid())
        self._seen = {pid: rows[pid][1] for pid in beneath}
        return sorted(pid for pid in beneath if not rows[pid][2].startswith("Z"))


Rows = dict[int, tuple[int, str, str]]
"""Parent, start time and state of each process, by its id."""


def _linux_rows() -> Rows:
    rows: Rows = {}
    for name in os.listdir("/proc"):  # noqa: PTH208 - a keeper is to start and look fast
        if name.isdigit():
            try:
                text = Path(f"/proc/{name}/stat").read_text(errors="replace")
            except OSError:  # it ended meanwhile
                continue
            state, parent, *rest = text.rpartition(")")[2].split()
            rows[int(name)] = int(parent), rest[17], state
    return rows


def _other_rows() -> Rows:
    with subprocess.Popen(PS, stdout=subprocess.PIPE, text=True) as listing:  # noqa: S603 - fixed
        listed, _ = listing.communicate()
    rows: Rows = {}
    for line in listed.splitlines():
        pid, parent, state, began = line.split(None, 3)
        rows[int(pid)] = int(parent), began, state
    rows.pop(listing.pid, None)
    return rows


if __name__ == "__main__":
    guard(socket.socket(fileno=0))
