"""A worker that somebody else starts."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]


def pytest_on(port: int, folder: Path, *more: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider"]
    return subprocess.Popen(
        [*command, f"--worker-attach={port}", *more],
        cwd=folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


@pytest.fixture
def port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as free:
        return int(free.getsockname()[1])


def test_it_is_judged_as_it_is_and_left_running(port: int, tmp_path: Path) -> None:
    chosen = ("--requirement=CON-001", "--requirement=INV-001", "--requirement=SHD-001")
    judging = pytest_on(port, tmp_path, *chosen)
    worker = subprocess.Popen(
        [sys.executable, "-m", "reference_workers.echo", f"ws://127.0.0.1:{port}"],
        cwd=ROOT,
        env=os.environ | {"III_URL": ""},
        stderr=subprocess.DEVNULL,
    )
    out, _ = judging.communicate()
    left = worker.poll()
    worker.send_signal(signal.SIGTERM)

    assert worker.wait() == 0
    assert left is None
    assert judging.returncode == 0, out
    assert f"worker: whoever dials ws://127.0.0.1:{port}; start it now" in out
    assert "2 judged, 2 passed" in out
    assert "this takes a worker that the suite starts, for itself alone" in out


def test_a_port_that_is_taken_and_one_worker_for_many_processes(port: int, tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", port)):
        taken = pytest_on(port, tmp_path)
        told, _ = taken.communicate()
    many = pytest_on(port, tmp_path, "-n", "2", "--fuzz=10")
    refused, _ = many.communicate()

    assert (taken.returncode, many.returncode) == (4, 4)
    assert "--worker-attach: " in told
    assert "name another port" in told
    assert "leave -n out" in refused
