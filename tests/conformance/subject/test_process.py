"""Commands as processes: how they end, and what they leave behind."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from conformance.errors import UsageError
from conformance.subject.command import Command
from conformance.subject.place import Start
from conformance.subject.process import WorkerProcess

FORKS = """
import os, subprocess, sys, time
subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"], start_new_session=True)
print("forked", flush=True)
sys.stdin.close()
while len(sys.argv) > 1: time.sleep(600)
"""


@pytest.mark.parametrize("stays", [False, True], ids=["ends", "stays"])
def test_what_remains_is_told_and_killed(stays: bool, tmp_path: Path) -> None:
    file = tmp_path / "forks.py"
    file.write_text(FORKS)

    async def run() -> tuple[tuple[str, ...], tuple[str, ...]]:
        words = (sys.executable, str(file), *(["stay"] if stays else []))
        place = await Command(words, "forks").place()
        started = await place.start(Start(1, lambda: 0.0))
        if not stays:
            await started.exited.wait()
        else:
            while len(remaining := await started.remaining(0)) < 2:
                assert started.running, remaining
        before = await started.remaining(0)
        await started.kill()
        return before, await started.remaining(5)

    before, after = asyncio.run(run())
    assert len(before) == (2 if stays else 1)
    assert after == ()


HIDES = """
import os, subprocess, sys
program = "import os, time; print(os.getpid(), flush=True); time.sleep(600)"
hidden = subprocess.Popen(
    [sys.executable, "-c", program], stdout=subprocess.PIPE, start_new_session=True, env={}
)
print("hidden", int(hidden.stdout.readline()), flush=True)
sys.stdin.read()
os._exit(0)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="takes a child subreaper")
def test_a_helper_in_a_session_and_an_environment_of_its_own_is_found(tmp_path: Path) -> None:
    file = tmp_path / "hides.py"
    file.write_text(HIDES)

    async def run() -> tuple[int, tuple[str, ...]]:
        place = await Command((sys.executable, str(file)), "hides").place()
        started = await place.start(Start(1, lambda: 0.0))
        await started.exited.wait()
        found = await started.remaining(0)
        (line,) = started.output.tail(1)
        await started.kill()
        return int(line.removeprefix("hidden ")), found

    hidden, found = asyncio.run(run())
    assert [f"(pid {hidden})" in name for name in found] == [True]
    assert not psutil.pid_exists(hidden)


def test_an_input_that_stays_open_does(tmp_path: Path) -> None:
    file = tmp_path / "reads.py"
    file.write_text("import sys\nprint('began', flush=True)\nsys.stdin.read()\n")

    async def code(*, stays: bool) -> int | None:
        place = await Command((sys.executable, str(file)), "reads").place()
        started = await place.start(Start(1, lambda: 0.0, input=stays))
        if stays:
            while not started.output.lines:
                assert await started.remaining(0)
        else:
            await started.exited.wait()
        ended = started.exit_code
        await started.kill()
        return ended

    assert asyncio.run(code(stays=False)) == 0
    assert asyncio.run(code(stays=True)) is None


@pytest.mark.parametrize("words", [("no-such-program",), ("/etc/passwd",), ("sleep", "a\0b")])
def test_what_cannot_be_executed_is_a_mistake_of_the_user(words: tuple[str, ...]) -> None:
    async def run() -> None:
        place = await Command(words, "words").place()
        await place.start(Start(1, lambda: 0.0))

    with pytest.raises(UsageError, match="cannot be started"):
        asyncio.run(run())


def silent(folder: Path) -> tuple[subprocess.Popen[bytes], list[psutil.Process]]:
    """A suite in its probe run, when a user may press Ctrl-C; its worker and a child of that."""
    pipe = folder / "pipe"
    os.mkfifo(pipe)
    (folder / "silent.py").write_text(
        "import os, subprocess, sys, time\n"
        "sleeps = [sys.executable, '-c', 'import time; time.sleep(600)']\n"
        "helper = subprocess.Popen(sleeps, start_new_session=True, env={})\n"
        f"open({str(pipe)!r}, 'w').write(f'{{os.getpid()}} {{helper.pid}}')\n"
        "time.sleep(600)\n"
    )
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider"]
    running = subprocess.Popen(
        [*command, f"--worker-cmd={sys.executable} silent.py"],
        cwd=folder,
        stdout=subprocess.DEVNULL,
    )
    return running, [psutil.Process(int(pid)) for pid in pipe.read_text().split()]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_an_interrupted_run_leaves_no_worker(tmp_path: Path, number: signal.Signals) -> None:
    running, processes = silent(tmp_path)

    running.send_signal(number)

    assert running.wait() == 2
    assert [process.is_running() for process in processes] == [False, False]


def test_a_killed_run_leaves_no_worker(tmp_path: Path) -> None:
    running, processes = silent(tmp_path)

    running.kill()

    assert running.wait() == -signal.SIGKILL
    _, alive = psutil.wait_procs(processes, timeout=30)
    assert alive == []


def test_a_keeper_that_is_killed_counts_as_the_end_of_its_worker() -> None:
    async def run() -> int | None:
        place = await Command(("sleep", "600"), "sleep").place()
        started = await place.start(Start(1, lambda: 0.0))
        assert isinstance(started, WorkerProcess)
        worker = psutil.Process(started.pid)
        keeper = worker.parent()
        assert keeper is not None
        keeper.kill()
        await started.exited.wait()
        worker.kill()
        await started.kill()
        return started.exit_code

    assert asyncio.run(run()) == -signal.SIGKILL
