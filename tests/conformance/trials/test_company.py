"""Workers that allow only one process on a machine are detected, and judged one after the other."""

from __future__ import annotations

import socket
import sys
from pathlib import Path

import pytest

from conformance.judging.session import Judgement
from conformance.requirements.verdict import Outcome
from conformance.settings.settings import Settings
from tests.conformance.trials.workers import written

HAS_A_PORT = """
import socket
server = socket.create_server(("127.0.0.1", {port}))
"""
HOLDS_A_LOCK = """
import fcntl
lock = open({path!r}, "w")
fcntl.flock(lock, fcntl.LOCK_EX)
"""
CHOSEN = ("CON-005", "SHD-001", "SHD-002", "CAL-019")
"""Requirements on the shared worker, and on separate workers."""


def judged(settings: Settings) -> tuple[set[Outcome], list[str]]:
    """The outcomes of a few requirements, and the notes about the worker."""
    judgement = Judgement(settings, ())
    try:
        judgement.start()
        judgement.begin((), CHOSEN)
        outcomes = {judgement.verdict(requirement_id).outcome for requirement_id in CHOSEN}
        return outcomes, judgement.subject["notes"]
    finally:
        judgement.stop()


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


@pytest.mark.parametrize("serial", [False, True], ids=["found out", "asked for"])
def test_a_worker_with_a_port_of_its_own(tmp_path: Path, serial: bool) -> None:
    command = written(tmp_path, HAS_A_PORT.format(port=free_port()))

    outcomes, notes = judged(Settings(command, default_port=None, serial=serial))

    assert outcomes <= {Outcome.PASSED, Outcome.NOT_APPLICABLE}
    (note,) = [note for note in notes if "one process of the worker at a time" in note]
    assert ("--serial" if serial else "ddress already in use") in note


@pytest.mark.skipif(sys.platform == "win32", reason="takes flock")
def test_a_worker_that_waits_for_a_lock(tmp_path: Path) -> None:
    command = written(tmp_path, HOLDS_A_LOCK.format(path=str(tmp_path / "lock")))

    outcomes, notes = judged(Settings(command, default_port=None, timeout_factor=0.2))

    assert outcomes <= {Outcome.PASSED, Outcome.NOT_APPLICABLE}
    (note,) = [note for note in notes if "one process of the worker at a time" in note]
    assert "said nothing" in note


def test_a_worker_that_bears_others(tmp_path: Path) -> None:
    outcomes, notes = judged(Settings(written(tmp_path, ""), default_port=None))

    assert outcomes <= {Outcome.PASSED, Outcome.NOT_APPLICABLE}
    assert [note for note in notes if "one process" in note] == []
