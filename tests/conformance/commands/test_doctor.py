"""What ``doctor`` checks, and what it reports."""

from __future__ import annotations

import os
import re
import socket
import subprocess
import sys

import psutil
import pytest

from conformance.__main__ import main
from conformance.commands import doctor
from conformance.commands.doctor import Sign, SignState, judged_packages

WELL = Sign("thing", SignState.OK, "is there")
ILL = Sign("thing", SignState.FAIL, "is not there", "get it")


def told(signs: list[Sign]) -> list[tuple[str, SignState]]:
    return [(sign.name, sign.state) for sign in signs]


def test_it_looks_at_everything_and_tells_of_a_missing_daemon() -> None:
    """In a separate process: docker's client leaks a socket when it cannot connect."""
    done = subprocess.run(
        [sys.executable, "-m", "conformance", "doctor"],
        env=os.environ | {"DOCKER_HOST": "unix:///nowhere.sock"},
        capture_output=True,
        text=True,
        check=False,
    )

    for name in ("Python", "packages", "extra containers", "port 49134", "load", "proxies",
                 "loopback WebSocket", "Docker", "network namespaces"):  # fmt: skip
        assert re.search(rf"^(ok|warn|fail) +{name} ", done.stdout, re.MULTILINE), done.stdout
    assert "a greeting after" in done.stdout
    assert "no Docker daemon answers at unix:///nowhere.sock" in done.stdout
    assert "→ Start Docker" in done.stdout


@pytest.mark.parametrize(
    ("signs", "code", "closing"),
    [([WELL], 0, "1 looked at: 0 failed, 0 warnings"), ([WELL, ILL], 1, "2 looked at: 1 failed")],
)
def test_only_a_failure_is_an_exit_code(
    signs: list[Sign],
    code: int,
    closing: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(doctor, "LOOKS", (lambda: iter(signs),))

    assert main(["doctor"]) == code
    out = capsys.readouterr().out
    assert closing in out
    assert ("→ get it" in out) == (ILL in signs)


def test_packages_are_held_to_what_is_declared() -> None:
    declared = [
        "pytest>=8",
        "h11<1,>=0.14",
        'redis>=5; extra == "redis"',
        'winonly; sys_platform == "never" and extra == "fast"',
    ]
    versions = {"pytest": "8.1", "h11": "1.0"}

    signs = list(judged_packages(declared, versions.get))

    assert told(signs) == [("packages", SignState.FAIL), ("extra redis", SignState.WARN)]
    assert "h11 1.0 is not <1,>=0.14" in signs[0].seen
    assert "redis is not installed" in signs[1].seen
    assert "iii-conformance[redis]" in signs[1].remedy


def test_a_port_that_is_taken_is_told_with_who_took_it(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        monkeypatch.setattr(doctor, "PORTS", {server.getsockname()[1]: "of a test"})
        (taken,) = doctor.ports()
    (free,) = doctor.ports()

    assert (taken.state, free.state) == (SignState.WARN, SignState.OK)
    assert f"(pid {os.getpid()})" in taken.seen


def test_a_crowded_machine_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(psutil, "getloadavg", lambda: (1000.0, 0.0, 0.0))

    assert next(iter(doctor.load())).state is SignState.WARN


@pytest.mark.parametrize(
    ("environment", "state"),
    [
        ({}, SignState.OK),
        ({"HTTP_PROXY": "http://p"}, SignState.WARN),
        ({"https_proxy": "http://p", "no_proxy": "localhost"}, SignState.OK),
        ({"HTTP_PROXY": "http://p", "NO_PROXY": "*"}, SignState.OK),
    ],
)
def test_proxies_that_would_take_loopback(environment: dict[str, str], state: SignState) -> None:
    (sign,) = doctor.proxies(environment)

    assert sign.state is state
