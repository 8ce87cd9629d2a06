"""The report names what prevents a worker from being found."""

from __future__ import annotations

import socket
import sys
from pathlib import Path

import pytest

from conformance.requirements.verdict import Outcome
from conformance.settings.settings import Settings
from tests.conformance.trials.workers import written
from tests.judging import judged

ENDS_WITH_ITS_INPUT = """
import os, threading
def watch():
    sys.stdin.buffer.read()
    os._exit({code})
threading.Thread(target=watch, daemon=True).start()
"""
ENDS_BEFORE_IT_SPEAKS = """
import os, select, socket
first = socket.create_connection(("127.0.0.1", int(os.environ["III_URL"].rpartition(":")[2])))
first.sendall({head!r})
first.recv({length})
if select.select([sys.stdin], [], [], 0.3)[0]:
    os._exit(0)
first.close()
"""
HEAD = (
    b"GET / HTTP/1.1\r\nHost: engine\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
    b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
)
ENDS_WHEN_ASKED = """
import os
class Worker(Worker):
    async def outcome(self, message):
        os._exit(1)
"""
DAEMONISES = """
import os
if os.fork():
    os._exit(0)
os.setsid()
"""
IS_ELSEWHERE = """
import socket, time
connection = socket.create_connection(("127.0.0.1", {port}))
time.sleep(600)
"""
ENDS_BY_ITSELF = """
import os, threading
threading.Timer(0.5, os._exit, (0,)).start()
"""


def found(folder: Path, before: str, port: int | None = None) -> tuple[Outcome, str]:
    """The verdict on connecting, and what was seen."""
    settings = Settings(written(folder, before), default_port=port, timeout_factor=0.5)
    (verdict,) = judged(settings, ["CON-001"])
    return verdict.outcome, verdict.finding.seen


@pytest.mark.parametrize("code", [0, 3])
def test_a_worker_that_ends_with_its_input(tmp_path: Path, code: int) -> None:
    outcome, seen = found(tmp_path, ENDS_WITH_ITS_INPUT.format(code=code))

    assert outcome is Outcome.FAILED
    assert f"exit code {code}" in seen
    assert "it ends with its stdin" in seen


@pytest.mark.parametrize("head", [HEAD[:-2], HEAD], ids=["no upgrade", "no word"])
def test_how_far_a_worker_got_before_it_ended_with_its_input_breaks_nothing(
    tmp_path: Path, head: bytes
) -> None:
    before = ENDS_BEFORE_IT_SPEAKS.format(head=head, length=1 if head == HEAD else 0)
    settings = Settings(written(tmp_path, before), default_port=None, timeout_factor=0.5)

    verdicts = judged(settings, ["CON-001", "CON-003", "ANN-001"])

    assert {v.requirement.id: v.outcome for v in verdicts} == {
        "CON-001": Outcome.FAILED,
        "CON-003": Outcome.NOT_VERIFIED,
        "ANN-001": Outcome.NOT_VERIFIED,
    }


def test_a_worker_that_ends_when_it_is_asked_does_not_end_with_its_input(tmp_path: Path) -> None:
    outcome, seen = found(tmp_path, ENDS_WHEN_ASKED)

    assert outcome is Outcome.PASSED
    assert "stdin" not in seen


@pytest.mark.skipif(sys.platform == "win32", reason="takes fork")
def test_a_worker_that_daemonises(tmp_path: Path) -> None:
    outcome, seen = found(tmp_path, DAEMONISES)

    assert outcome is Outcome.FAILED
    assert "exit code 0 and left " in seen
    assert "it daemonises" in seen


def test_a_worker_that_is_with_another_engine(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        outcome, seen = found(tmp_path, IS_ELSEWHERE.format(port=port), port)

    assert outcome is Outcome.FAILED
    assert f"connected with 127.0.0.1:{port}, where " in seen


def test_a_port_that_is_taken_is_named_though_nobody_is_seen_to_dial_it(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        outcome, seen = found(tmp_path, "import time; time.sleep(600)", port)

    assert outcome is Outcome.FAILED
    assert f"port {port} is taken by " in seen


def test_a_worker_that_ends_for_another_reason_is_not_said_to_end_with_its_input(
    tmp_path: Path,
) -> None:
    outcome, seen = found(tmp_path, ENDS_BY_ITSELF)

    assert outcome in (Outcome.PASSED, Outcome.FAILED)
    assert "stdin" not in seen
