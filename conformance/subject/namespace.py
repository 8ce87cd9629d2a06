"""A network namespace of its own for each place: own loopback, own ports. Linux only.

Two small programs do what the suite's process cannot do itself, because it has threads:

* ``hold`` makes a namespace and binds sockets in it: it gets ``host port`` on its standard input,
  which is a Unix socket, and answers with the socket itself (SCM_RIGHTS), so that the engine
  serves on it from outside, with no forwarder in between.
* ``enter`` goes into the namespace of another process and becomes the worker's command.

Without the right to make a network namespace they make a user namespace around it, in which the
user stays the same. This file is also run as a script, so it imports only the standard library.
"""

from __future__ import annotations

import array
import ctypes
import errno
import fcntl
import os
import socket
import struct
import sys

NEW_USER, NEW_NET = 0x10000000, 0x40000000
SET_FLAGS, UP = 0x8914, 0x1
"""SIOCSIFFLAGS and IFF_UP of Linux."""

READY = b"ready"


def hold(control: socket.socket) -> None:
    """Make a namespace, say ``ready``, and serve requests for sockets until there are no more."""
    try:
        _leave()
        _loopback_up()
    except OSError as fault:
        control.send(f"{fault.errno} {os.strerror(fault.errno or 0)}".encode())
        return
    control.send(READY)
    while request := control.recv(256):
        host, _, port = request.decode().partition(" ")
        _answer(control, host, int(port))


def _answer(control: socket.socket, host: str, port: int) -> None:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as bound:
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            bound.bind((host, port))
        except OSError as fault:
            control.send(str(fault.errno).encode())
            return
        handed = array.array("i", [bound.fileno()])
        control.sendmsg([b"0"], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, handed)])


def _leave() -> None:
    """Leave the current network, in a user namespace if that is not permitted otherwise."""
    try:
        _call("unshare", NEW_NET)
    except PermissionError:
        user, group = os.getuid(), os.getgid()
        _call("unshare", NEW_USER | NEW_NET)
        _write("/proc/self/setgroups", "deny")
        _write("/proc/self/uid_map", f"{user} {user} 1")
        _write("/proc/self/gid_map", f"{group} {group} 1")


def _loopback_up() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asking:
        fcntl.ioctl(asking, SET_FLAGS, struct.pack("16sH14x", b"lo", UP))


def enter(holder: int, words: list[str]) -> None:
    """Go into the namespace of the process ``holder`` and become ``words``.

    Raises:
        OSError: the namespace cannot be entered, or the words cannot be executed.
    """
    user, network = f"/proc/{holder}/ns/user", f"/proc/{holder}/ns/net"
    if not os.path.samefile(user, "/proc/self/ns/user"):  # noqa: PTH121 - starts faster so
        _call("setns", os.open(user, os.O_RDONLY | os.O_CLOEXEC), NEW_USER)
    _call("setns", os.open(network, os.O_RDONLY | os.O_CLOEXEC), NEW_NET)
    os.execvp(words[0], words)  # noqa: S606 - what this program is for


def _call(name: str, *arguments: int) -> None:
    if getattr(ctypes.CDLL(None, use_errno=True), name)(*arguments) != 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))


def _write(path: str, text: str) -> None:
    descriptor = os.open(path, os.O_WRONLY)
    try:
        os.write(descriptor, text.encode())
    finally:
        os.close(descriptor)


if __name__ == "__main__":
    if sys.argv[1] == "hold":
        hold(socket.socket(fileno=0))
    else:
        try:
            enter(int(sys.argv[2]), sys.argv[3:])
        except OSError as failure:
            print(f"cannot be executed: {failure.strerror}: {sys.argv[3]}", file=sys.stderr)
            sys.exit(127 if failure.errno == errno.ENOENT else 126)
