"""The commands ``start``, ``status``, ``stop``, ``logs`` and ``chat``.

Exit codes: 0 when all went well, 1 when a process could not be kept running or a system does not
run as it should, 2 when the command cannot be carried out as given.
"""

from __future__ import annotations

import argparse
import asyncio
import socket
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from reference_workers.client import FunctionError
from reference_workers.client.settings import DEFAULT_URL, Settings, SettingsError
from reference_workers.system.calling import caller
from reference_workers.system.display import best_display, plain_table
from reference_workers.system.folder import DEFAULT, Folder, alive, end, ended
from reference_workers.system.roster import ENGINE, UnknownWorker, chosen, known_name
from reference_workers.system.supervisor import Plan, Supervisor

USAGE = 2
STOPPING = 60.0
"""How long a whole system may take to stop, in seconds."""

CONNECTING = 3.0
"""How long an engine may take to accept a connection, in seconds."""

EXTRA = "pip install 'iii-conformance[agents]'"


class UsageError(Exception):
    """The command cannot be carried out as given; the text says what to do."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Carry out a command and return the exit code."""
    options = _parser().parse_args(arguments)
    try:
        return int(options.carry_out(options, Folder(options.folder)))
    except (UsageError, UnknownWorker, SettingsError) as fault:
        print(f"error: {fault}", file=sys.stderr)
        return USAGE


def start(options: argparse.Namespace, folder: Folder) -> int:
    """Start the system and keep it up until a signal."""
    names = chosen(options.names)
    running = None if options.temporary else folder.running()
    if running is not None:
        raise UsageError(f"the system in {folder.path} runs already, pid {running['pid']}")
    if options.url is not None:
        _reach(options.url)
    elif any(ports := [p for p in (options.port, options.http_port, options.stream_port) if p]):
        _ensure_free(ports)
    if "sandbox" in names and not _installed("wasmtime"):
        if options.names:
            raise UsageError(f"the sandbox needs the package wasmtime: {EXTRA}")
        names.remove("sandbox")
        print(f"without the sandbox, which needs wasmtime: {EXTRA}", flush=True)
    if not options.temporary:
        _end_leftovers(folder)
    plan = Plan(names, options.url, options.port, options.http_port, options.stream_port)
    with tempfile.TemporaryDirectory(prefix="iii-agents-") as temporary:
        if options.temporary:
            folder = Folder(Path(temporary))
        folder.prepare()
        return asyncio.run(Supervisor(plan, folder, best_display()).run())


def status(options: argparse.Namespace, folder: Folder) -> int:
    """Show the processes of the system that runs."""
    del options
    system = folder.running()
    if system is None:
        print(f"no system runs in {folder.path}")
        return 1
    rows = [
        tuple(
            str(row.get(name) or "") for name in ("name", "state", "pid", "functions", "restarts")
        )
        for row in system["processes"]
    ]
    print(f"pid {system['pid']}, engine {system['url']}")
    print(plain_table(rows))
    return 0 if all(row["state"] == "ready" for row in system["processes"]) else 1


def stop(options: argparse.Namespace, folder: Folder) -> int:
    """Stop the system that runs, and what one that was killed left behind."""
    del options
    system = folder.running()
    supervisor = alive(system) if system else None
    if supervisor is not None:
        supervisor.terminate()
        if system and not ended([system], STOPPING):
            raise UsageError(f"pid {supervisor.pid} did not end in {STOPPING:g} s")
    left = _end_leftovers(folder)
    if supervisor is None and not left:
        print(f"no system runs in {folder.path}")
        return 1
    print("stopped")
    return 0


def logs(options: argparse.Namespace, folder: Folder) -> int:
    """Show what a process wrote last."""
    name = known_name(options.name, ENGINE)
    if not folder.log(name).exists():
        raise UsageError(f"{name} has not run in {folder.path}: there is no {folder.log(name)}")
    for line in folder.tail(name, options.lines):
        print(line)
    return 0


def chat(options: argparse.Namespace, folder: Folder) -> int:
    """Say something to an agent and show what it answers."""
    system = folder.running() or {}
    url = options.url or system.get("url") or DEFAULT_URL
    _reach(url)
    asked = {"text": options.text, "session": options.session, "agent": options.agent}
    try:
        said = asyncio.run(_ask(url, asked))
    except FunctionError as fault:
        print(f"error: {fault.code}: {fault.message}", file=sys.stderr)
        return 1
    for step in said.get("steps", []):
        print(f"[{step['tool']}: {'done' if step['ok'] else 'failed'}]", file=sys.stderr)
    print(said["reply"])
    return 0


async def _ask(url: str, asked: dict[str, Any]) -> dict[str, Any]:
    async with caller(url, "chat") as worker:
        said: dict[str, Any] = await worker.call("agent::chat", asked)
        return said


def _reach(url: str) -> None:
    """Check that something listens at an address.

    Raises:
        SettingsError: the address is not a WebSocket URL.
        UsageError: nothing listens there.
    """
    parts = urlsplit(Settings.of({}, url).url)
    port = parts.port or (443 if parts.scheme == "wss" else 80)
    try:
        socket.create_connection((str(parts.hostname), port), CONNECTING).close()
    except OSError as fault:
        told = f"no engine at {parts.scheme}://{parts.hostname}:{port}: {fault}"
        raise UsageError(f"{told}; `python -m reference_workers start` starts one") from None


def _ensure_free(ports: Sequence[int]) -> None:
    for port in ports:
        try:
            socket.create_server(("127.0.0.1", port)).close()
        except OSError as fault:
            told = f"port {port} cannot be used: {fault.strerror}"
            raise UsageError(
                f"{told}; choose others with --port, --http-port, --stream-port (0 is a free one), "
                "or use the engine that runs there with --url"
            ) from None


def _installed(package: str) -> bool:
    from importlib.util import find_spec

    return find_spec(package) is not None


def _end_leftovers(folder: Folder) -> int:
    """End the processes of a system whose supervisor was killed; return how many there were."""
    system = folder.read() or {}
    rows = [row for row in system.get("processes") or () if alive(row) is not None]
    for row in reversed(rows):
        end(row)
    if not ended(rows, STOPPING / 4):
        for row in rows:
            end(row, kill=True)
    return len(rows)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m reference_workers",
        description="An agent system of thirteen small workers on the iii engine.",
    )
    commands = parser.add_subparsers(required=True, metavar="command")

    def command(name: str, carry_out: Any) -> argparse.ArgumentParser:
        made = commands.add_parser(name, help=carry_out.__doc__, description=carry_out.__doc__)
        made.add_argument(
            "--folder", type=Path, default=DEFAULT, help=f"where the system is kept ({DEFAULT})"
        )
        made.set_defaults(carry_out=carry_out)
        return made

    starting = command("start", start)
    starting.add_argument("names", nargs="*", metavar="NAME", help="some of the workers, not all")
    starting.add_argument("--url", help="an engine that runs; without it one is started")
    for name, port in (("port", 49134), ("http-port", 3111), ("stream-port", 3112)):
        starting.add_argument(
            f"--{name}", type=_port, default=port, help=f"of the engine ({port}); 0 is a free one"
        )
    starting.add_argument(
        "--temporary", action="store_true", help="keep nothing: in a folder that goes in the end"
    )
    command("status", status)
    command("stop", stop)
    telling = command("logs", logs)
    telling.add_argument("name", metavar="NAME", help="a worker, or engine")
    telling.add_argument("--lines", type=int, default=50, help="how many (50)")
    talking = command("chat", chat)
    talking.add_argument("text", help="what is said")
    talking.add_argument("--agent", default="default", help="the agent's name (default)")
    talking.add_argument("--session", default="terminal", help="the session (terminal)")
    talking.add_argument("--url", help="an engine; without it the one that was started here")
    return parser


def _port(text: str) -> int:
    if text.isdecimal() and int(text) <= 65535:
        return int(text)
    raise argparse.ArgumentTypeError(f"{text!r} is no port; expected a number from 0 to 65535")
