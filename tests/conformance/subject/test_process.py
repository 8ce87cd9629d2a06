"""Commands as processes: how they end, and what they leave."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from conformance.subject.command import Command
from conformance.subject.place import Start

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


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_run_leaves_no_worker(tmp_path: Path, number: signal.Signals) -> None:
    """In its first run, which is where a user loses patience."""
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    script = f"import os, time; open({str(pipe)!r}, 'w').write(str(os.getpid())); time.sleep(600)"
    (tmp_path / "silent.py").write_text(script)
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider"]
    running = subprocess.Popen(
        [*command, f"--worker-cmd={sys.executable} silent.py"],
        cwd=tmp_path,
        stdout=subprocess.DEVNULL,
    )
    worker = psutil.Process(int(pipe.read_text()))

    running.send_signal(number)

    assert running.wait() == 2
    assert not worker.is_running()
