"""Commands in separate networks, several at a time on a port that they all insist on."""

from __future__ import annotations

import asyncio
import socket
import subprocess
import sys
from collections.abc import Iterator

import pytest

from conformance.errors import UsageError
from conformance.requirements.catalogue import load
from conformance.requirements.verdict import Outcome
from conformance.settings.settings import DEFAULT_PORT, Settings
from conformance.subject.command import HOST, Command
from conformance.subject.isolated import SCRIPT, Isolated, OwnNetwork
from conformance.subject.place import Start
from tests.judging import judge, judged

ECHO = Command.parse(f"{sys.executable} -m reference_workers.echo")
STRAY = Command.parse(f"{sys.executable} -m tests.mutants IgnoresTheAddress")
CHOSEN = ("CON-001", "CON-004", "CON-006", "ANN-005", "REC-006", "SHD-002", "SHD-005", "SHD-007")
"""Requirements of every kind: on the shared worker, on separate workers, with signals."""


@pytest.fixture
def networks() -> Iterator[list[OwnNetwork]]:
    """Two networks, on systems that allow them."""
    opened: list[OwnNetwork] = []
    try:
        opened += [OwnNetwork.open(ECHO), OwnNetwork.open(ECHO)]
    except UsageError as fault:
        pytest.skip(f"no network namespaces here: {fault}")
    yield opened
    for network in opened:
        network.release()


def test_one_port_is_free_in_each_network_and_taken_once(networks: list[OwnNetwork]) -> None:
    first, second = networks
    with first.bind(HOST, 49134), second.bind(HOST, 49134), first.bind(HOST, 0) as other:
        assert other.getsockname()[1] != 49134
        with second.bind(HOST, 49135) as listening:
            listening.listen()
            with pytest.raises(OSError, match=r"127\.0\.0\.1:49135: Address already in use"):
                second.bind(HOST, 49135)


def test_a_command_runs_where_the_socket_is_and_as_who_one_is(networks: list[OwnNetwork]) -> None:
    program = (
        "import os, socket; socket.create_connection(('127.0.0.1', {port})).close(); "
        "print(os.getuid(), os.getgid())"
    )

    async def connected() -> tuple[str, int | None]:
        network = OwnNetwork.open(Command((sys.executable, "-c", program), "python"))
        with network.bind(HOST, 0) as listening:
            listening.listen()
            run = await network.start(Start(listening.getsockname()[1], lambda: 0.0))
            await run.exited.wait()
            lines = run.output.tail(5)
            await run.kill()
        network.release()
        return "\n".join(lines), run.exit_code

    who = subprocess.run(["id", "-u"], capture_output=True, text=True, check=True).stdout.strip()
    told, code = asyncio.run(connected())
    assert (told.split()[:1], code) == ([who], 0)


def test_a_program_that_is_none_is_a_usage_error(networks: list[OwnNetwork]) -> None:
    network = OwnNetwork.open(Command(("no-such-program",), "no-such-program"))

    with pytest.raises(UsageError, match="no program: 'no-such-program'"):
        asyncio.run(network.start(Start(1, lambda: 0.0)))
    network.release()


def test_a_system_that_does_not_allow_it_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    refusing = (sys.executable, "-c", "import os; os.write(0, b'1 Operation not permitted')")
    monkeypatch.setattr("conformance.subject.isolated.SCRIPT", refusing)
    with pytest.raises(UsageError, match=r"\(Operation not permitted\); run as root"):
        OwnNetwork.open(ECHO)

    monkeypatch.setattr(sys, "platform", "darwin")
    with pytest.raises(UsageError, match="network namespaces of Linux, and this is darwin"):
        OwnNetwork.open(ECHO)


def test_without_rights_the_network_is_in_a_user_namespace(networks: list[OwnNetwork]) -> None:
    drop = ("setpriv", "--bounding-set=-sys_admin")
    if subprocess.run([*drop, "true"], check=False, capture_output=True).returncode != 0:
        pytest.skip("setpriv cannot drop a capability here: the right to is missing already")
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    with ours, theirs:
        holder = subprocess.Popen([*drop, *SCRIPT, "hold"], stdin=theirs.fileno())
        theirs.close()
        told = ours.recv(64)
        if told != b"ready":
            ours.close()
            holder.wait()
            pytest.skip(f"no unprivileged user namespaces here: {told.decode()}")
        enter = [*SCRIPT, "enter", str(holder.pid), "cat", "/proc/self/net/dev"]
        seen = subprocess.run(enter, capture_output=True, text=True, check=True).stdout
    holder.wait()

    assert [line.split(":")[0].strip() for line in seen.splitlines()[2:]] == ["lo"]


def test_a_worker_that_ignores_its_address_gets_the_verdicts_of_one_that_does_not(
    networks: list[OwnNetwork],
) -> None:
    assert set(CHOSEN) <= set(load().requirements)

    stray = judged(Settings(Isolated(STRAY), default_port=DEFAULT_PORT), CHOSEN)
    sound = judge("tests.mutants Worker", CHOSEN)

    assert Isolated(STRAY).private_ports
    told = {v.requirement.id: v.outcome for v in stray}
    assert told.pop("CON-006") is Outcome.WARNING
    assert told == {v.requirement.id: v.outcome for v in sound if v.requirement.id != "CON-006"}
    assert set(told.values()) == {Outcome.PASSED}
