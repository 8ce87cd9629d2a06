"""The descendants of a process, by the process table of any system."""

from __future__ import annotations

import subprocess
import sys

import psutil
import pytest

from conformance.subject import keeper

PARENT = """
import subprocess, sys
sleeps = [sys.executable, "-c", "import time; time.sleep(600)"]
child = subprocess.Popen(sleeps, start_new_session=True, stdout=subprocess.DEVNULL)
print(child.pid, flush=True)
sys.stdin.read()
"""


@pytest.mark.parametrize(
    "linux", [pytest.param(True, marks=pytest.mark.skipif(not keeper.LINUX, reason="/proc")), False]
)
def test_what_runs_beneath_a_process_is_found(linux: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keeper, "LINUX", linux)
    table = keeper.Table()
    parent = subprocess.Popen(
        [sys.executable, "-c", PARENT], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert parent.stdout is not None
    child = psutil.Process(int(parent.stdout.readline()))
    table.look()
    beneath = table.running()

    parent.communicate("")
    orphaned = table.running()
    child.kill()
    child.wait()

    assert {parent.pid, child.pid} <= set(beneath)
    assert (child.pid in orphaned) is not linux  # on Linux, a keeper would be its new parent
    assert child.pid not in table.running()
