"""A matrix on a Dask cluster: a real scheduler, and two machines, one of which is lost."""

from __future__ import annotations

import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from conformance.errors import UsageError
from conformance.matrix.cluster import Cluster
from conformance.matrix.plan import Candidate
from conformance.matrix.run import judge_all
from conformance.matrix.task import task
from conformance.subject.command import Command

ROOT = Path(__file__).parents[3]
distributed = pytest.importorskip("distributed", reason="takes the extra `cluster`")

LONGEST = 60.0
"""The time in seconds in which the machines of the cluster must be available."""


@pytest.fixture
def scheduler() -> Iterator[tuple[str, list[subprocess.Popen[bytes]]]]:
    """The address of a scheduler, and the processes of its two machines."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
    address = f"tcp://127.0.0.1:{port}"
    begin = [sys.executable, "-m", "distributed.cli.dask_scheduler", "--host=127.0.0.1"]
    machine = [sys.executable, "-m", "distributed.cli.dask_worker", address, "--no-nanny"]
    quiet: dict[str, Any] = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    with ExitStack() as stack:

        def run(words: list[str]) -> subprocess.Popen[bytes]:
            process = stack.enter_context(subprocess.Popen(words, cwd=ROOT, **quiet))
            stack.callback(process.kill)
            return process

        run([*begin, f"--port={port}", "--no-dashboard", "--no-show"])
        machines = [
            run([*machine, "--nthreads=1", f"--name=m{n}", "--no-dashboard"]) for n in range(2)
        ]
        yield address, machines


def candidate(name: str) -> Candidate:
    command = (sys.executable, "-m", "reference_workers.echo")
    build = (Command((sys.executable, "-c", "pass"), "build"),)
    return Candidate(name, ROOT, command, build=build)


def test_a_task_whose_machine_is_lost_is_done_by_another(
    scheduler: tuple[str, list[subprocess.Popen[bytes]]], tmp_path: Path
) -> None:
    address, machines = scheduler
    cluster = Cluster(address)
    cluster.client.wait_for_workers(2, timeout=LONGEST)
    words = ["--requirement=CON-00[13]", "--default-port=0"]
    candidates = [candidate(f"w{number}") for number in range(4)]
    tasks = [(each, [task(each, words, full=False, factor=1)]) for each in candidates]
    lines: list[str] = []

    def notify(line: str) -> None:
        lines.append(line)
        if "judged" in line and machines[0].poll() is None:
            machines[0].kill()

    try:
        columns = judge_all(tasks, tmp_path, cluster, notify=notify)
    finally:
        cluster.stop()

    assert machines[0].wait(LONGEST) != 0
    assert [column.fault for column in columns] == [""] * 4
    assert [[entry.id for entry in column.entries] for column in columns] == [
        ["CON-001", "CON-003"]
    ] * 4
    assert sum("built" in line for line in lines) == 4
    assert list((tmp_path / "workers" / "w0" / "transcripts").iterdir())


def test_a_scheduler_that_does_not_answer_is_told() -> None:
    with pytest.raises(UsageError, match=r"no scheduler answers at tcp://127\.0\.0\.1:1"):
        Cluster("tcp://127.0.0.1:1", within=0.5)
