"""``doctor``: what the suite needs from this machine, and what is missing or in the way."""

from __future__ import annotations

import argparse
import asyncio
import os
import platform
import re
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from enum import Enum
from importlib import metadata

import psutil
from packaging.requirements import Requirement
from websockets.asyncio.client import connect

from conformance.errors import UsageError
from conformance.subject.command import HOST, Command
from conformance.subject.environment import LOOPBACK
from conformance.subject.isolated import OwnNetwork
from conformance.subject.strays import strays
from mock_engine.engine import Engine
from mock_engine.rendering import counted
from mock_engine.transcript import Transcript
from mock_engine.wire import Listener
from mock_engine.wire.listener import bound

DISTRIBUTION = "iii-conformance"
PORTS = {
    49134: "where workers dial that are told no address",
    3111: "the REST port of `python -m mock_engine`",
    3112: "the stream port of `python -m mock_engine`",
}
PROXIES = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY")
FEW_FILES = 1024
"""The least number of open files: sixteen workers run at a time, each with a few sockets and
pipes."""
BUSY = 1.5
"""Processes that want a core, for each core."""


class SignState(Enum):
    """The state of one thing; the value is how it is printed."""

    OK = "ok"
    WARN = "warn"
    FAIL = "fail"


@dataclass(frozen=True, slots=True)
class Sign:
    """What was found about one thing, and the remedy unless it is fine."""

    name: str
    state: SignState
    seen: str
    remedy: str = ""

    def __str__(self) -> str:
        """The sign on a line, and its remedy on another."""
        line = f"{self.state.value:5} {self.name:20} {self.seen}"
        return f"{line}\n{'':27}→ {self.remedy}" if self.remedy else line


def declare(parser: argparse.ArgumentParser) -> None:
    """Declare the command."""
    parser.set_defaults(run=_run)


def _run(options: argparse.Namespace) -> int:
    del options
    signs = []
    for look in LOOKS:
        for sign in look():
            print(sign)
            signs.append(sign)
    failed = sum(sign.state is SignState.FAIL for sign in signs)
    warned = sum(sign.state is SignState.WARN for sign in signs)
    print(f"\n{len(signs)} looked at: {failed} failed, {counted(warned, 'warning')}")
    return 1 if failed else 0


# -- what is installed ----------------------------------------------------------------------------


def python() -> Iterator[Sign]:
    """The interpreter."""
    seen = f"{platform.python_version()} on {platform.platform(terse=True)}, {sys.executable}"
    yield Sign("Python", SignState.OK, seen)  # an older one could not have read this file


def packages() -> Iterator[Sign]:
    """The package itself, what it needs, and its extras."""
    try:
        declared = metadata.requires(DISTRIBUTION) or []
    except metadata.PackageNotFoundError:
        remedy = f"pip install {DISTRIBUTION}, or `pip install -e .` in a checkout"
        yield Sign(DISTRIBUTION, SignState.FAIL, "is not installed", remedy)
        return
    yield from judged_packages(declared, _installed)


def judged_packages(declared: list[str], installed: Callable[[str], str | None]) -> Iterator[Sign]:
    """The signs of declared requirements, given what version of a package is installed."""
    extras: dict[str, list[str]] = {"": []}
    for text in declared:
        requirement = Requirement(text)
        extra = re.search(r"extra == ['\"]([^'\"]+)", text)
        name = extra[1] if extra else ""
        if requirement.marker is None or requirement.marker.evaluate({"extra": name}):
            fault = _fault(requirement, installed(requirement.name))
            extras.setdefault(name, []).extend([fault] if fault else [])
    for extra_name, faults in extras.items():
        name = f"extra {extra_name}" if extra_name else "packages"
        target = f"{DISTRIBUTION}[{extra_name}]" if extra_name else DISTRIBUTION
        if not faults:
            yield Sign(name, SignState.OK, "installed")
        else:
            state = SignState.WARN if extra_name else SignState.FAIL
            yield Sign(name, state, "; ".join(faults), f"pip install '{target}', if you need it")


def _fault(requirement: Requirement, version: str | None) -> str | None:
    if version is None:
        return f"{requirement.name} is not installed"
    if not requirement.specifier.contains(version, prereleases=True):
        return f"{requirement.name} {version} is not {requirement.specifier}"
    return None


def _installed(name: str) -> str | None:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return None


# -- the machine ----------------------------------------------------------------------------------


def ports() -> Iterator[Sign]:
    """Whether the default ports are free."""
    for port, use in PORTS.items():
        try:
            with bound(HOST, port) as held:
                held.listen()
        except OSError:
            holder = _holder(port)
            remedy = f"it is {use}; end {holder or 'what listens there'}, or do without"
            yield Sign(f"port {port}", SignState.WARN, f"taken by {holder or 'a process'}", remedy)
        else:
            yield Sign(f"port {port}", SignState.OK, f"free: {use}")


def _holder(port: int) -> str | None:
    try:
        for connection in psutil.net_connections("tcp"):
            if connection.laddr and connection.laddr.port == port and connection.pid:
                return f"{psutil.Process(connection.pid).name()} (pid {connection.pid})"
    except psutil.Error:  # not visible to every user on some systems
        pass
    return None


def load() -> Iterator[Sign]:
    """How busy the machine is, and how many files may be open."""
    cores = psutil.cpu_count() or 1
    average = psutil.getloadavg()[0]
    seen = f"{average:.1f} on {cores} cores"
    if average > BUSY * cores:
        remedy = "end other work, or give deadlines more time with --timeout-factor 2"
        yield Sign("load", SignState.WARN, seen, remedy)
    else:
        yield Sign("load", SignState.OK, seen)
    if sys.platform == "win32":
        return
    import resource

    limit, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    seen = "no limit" if limit == resource.RLIM_INFINITY else f"{limit} at most"
    if 0 <= limit < FEW_FILES:
        yield Sign("open files", SignState.WARN, seen, f"ulimit -n {FEW_FILES}")
    else:
        yield Sign("open files", SignState.OK, seen)


def proxies(environment: Mapping[str, str] = os.environ) -> Iterator[Sign]:
    """Proxies that WebSocket clients would obey even for loopback."""
    found = [name for name in (*PROXIES, *map(str.lower, PROXIES)) if environment.get(name)]
    spared = environment.get("NO_PROXY") or environment.get("no_proxy") or ""
    if not found:
        yield Sign("proxies", SignState.OK, "none in the environment")
    elif "*" in spared or any(name in spared for name in LOOPBACK):
        yield Sign("proxies", SignState.OK, f"{', '.join(found)}; loopback is spared by NO_PROXY")
    else:
        yield Sign(
            "proxies",
            SignState.WARN,
            f"{', '.join(found)}, without loopback in NO_PROXY",
            "the suite spares its own workers; for others export NO_PROXY=localhost,127.0.0.1",
        )


def round_trip() -> Iterator[Sign]:
    """A WebSocket round trip on loopback, from a client to the mock engine and back."""
    try:
        seconds = asyncio.run(asyncio.wait_for(_greeted(), 10))
    except Exception as fault:  # noqa: BLE001 - whatever it is, it keeps workers away as well
        seen = f"{type(fault).__name__}: {fault}"
        remedy = "look for a firewall, a proxy or a sandbox that keeps 127.0.0.1 from processes"
        yield Sign("loopback WebSocket", SignState.FAIL, seen, remedy)
    else:
        yield Sign("loopback WebSocket", SignState.OK, f"a greeting after {seconds * 1000:.1f} ms")


async def _greeted() -> float:
    engine = Engine(None)
    listener = await Listener.start(engine.workers, HOST, 0, transcript=Transcript())
    try:
        began = time.monotonic()
        async with connect(f"ws://{HOST}:{listener.port}", proxy=None) as socket:
            await socket.recv()
            return time.monotonic() - began
    finally:
        await listener.stop()
        await engine.stop()


# -- what isolates workers ------------------------------------------------------------------------


def docker() -> Iterator[Sign]:
    """The daemon that ``--worker-image`` needs."""
    from conformance.subject.daemon import DockerDaemon
    from conformance.subject.route import route

    try:
        daemon = DockerDaemon()
        seen = f"{daemon.version} at {daemon.host}: {route(daemon.facts(), None)}"
    except UsageError as fault:
        seen, _, rest = str(fault).partition("\n")
        remedy = rest.partition(";")[0] or "see docs/containers.md"
        yield Sign("Docker", SignState.WARN, seen, f"{remedy} (for --worker-image)")
    else:
        yield Sign("Docker", SignState.OK, seen)


def namespaces() -> Iterator[Sign]:
    """The network namespaces that ``--isolate`` needs."""
    try:
        OwnNetwork.open(Command((), "")).release()
    except UsageError as fault:
        seen = str(fault).partition("; ")[0]
        remedy = "only --isolate takes them: run as root, or allow unprivileged user namespaces"
        yield Sign("network namespaces", SignState.WARN, seen, remedy)
    else:
        yield Sign("network namespaces", SignState.OK, "can be made")


def left_behind() -> Iterator[Sign]:
    """Workers of earlier runs that are still running."""
    found = [f"{process.name()} (pid {process.pid})" for process in strays()]
    if found:
        seen = f"{len(found)} of earlier runs: {', '.join(found[:5])}"
        yield Sign("strays", SignState.WARN, seen, "no run watches over them: end them by their id")
    else:
        yield Sign("strays", SignState.OK, "no worker of an earlier run is left")


LOOKS: tuple[Callable[[], Iterator[Sign]], ...] = (
    python,
    packages,
    ports,
    load,
    proxies,
    round_trip,
    docker,
    namespaces,
    left_behind,
)
"""Everything that is checked, in this order."""
