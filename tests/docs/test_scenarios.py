"""Write, record and share a scenario: the commands of the page do what it says."""

from __future__ import annotations

import os
import re
import shlex
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from conformance.scenarios.reading_steps import STEPS
from conformance.scenarios.values import DRAWN, MATCHERS
from tests.docs.page import DOCS, snippets

PAGE = "scenarios.md"
TEXT = (DOCS / PAGE).read_text("utf-8")
ROOT = Path(__file__).parents[2]
ENVIRONMENT = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONUNBUFFERED": "1"}


def command(beginning: str, **changes: str) -> list[str]:
    """The indented command of the page with this beginning, with parts of it changed."""
    (line, *_) = re.findall(rf"^    ({re.escape(beginning)}.*)$", TEXT, re.MULTILINE)
    for old, new in changes.items():
        line = line.replace(old.replace("_", " "), new)
    return [sys.executable if word == "python" else word for word in shlex.split(line)]


def run(words: list[str], folder: Path) -> subprocess.CompletedProcess[str]:
    worker = f"--worker-cmd={sys.executable} -m reference_workers.echo"
    words = [worker if word.startswith("--worker-cmd") else word for word in words]
    return subprocess.run(
        words, cwd=folder, env=ENVIRONMENT, capture_output=True, text=True, timeout=120
    )


def test_the_scenario_of_the_page_passes(tmp_path: Path) -> None:
    (tmp_path / "order.yaml").write_text(snippets(PAGE, "yaml")[0], "utf-8")

    done = run(command("python -m conformance replay order.yaml"), tmp_path)

    assert done.returncode == 0, done.stdout + done.stderr
    assert "1 passed" in done.stdout


def test_a_mistake_in_it_is_told_with_its_place(tmp_path: Path) -> None:
    text = snippets(PAGE, "yaml")[0].replace("$min", "$mni")
    (tmp_path / "order.yaml").write_text(text, "utf-8")

    done = run(command("python -m conformance replay order.yaml"), tmp_path)

    assert done.returncode == 4, done.stdout
    assert re.search(r"order\.yaml:17:\d+: there is no matcher `\$mni`", done.stderr + done.stdout)
    assert "Traceback" not in done.stdout + done.stderr


def _started(words: list[str], folder: Path, says: str) -> tuple[subprocess.Popen[str], str]:
    process = subprocess.Popen(
        words, cwd=folder, env=ENVIRONMENT, stdout=subprocess.PIPE, text=True, bufsize=1
    )
    assert process.stdout is not None
    for line in process.stdout:
        found = re.search(says, line)
        if found:
            return process, found[1]
    raise AssertionError(f"{words} ended without saying {says!r}")


def test_what_is_recorded_is_played_and_shared(tmp_path: Path) -> None:
    engine, url = _started(
        [
            sys.executable,
            "-m",
            "mock_engine",
            "--port",
            "0",
            "--http-port",
            "0",
            "--stream-port",
            "0",
            "--quiet",
        ],
        tmp_path,
        r"ready (ws://\S+)",
    )
    words = command("python -m conformance record", **{"ws://127.0.0.1:49134": url, "49200": "0"})
    recorder, place = _started(words, tmp_path, r"recording on (ws://\S+);")
    worker = subprocess.Popen(
        [sys.executable, "-m", "reference_workers.echo", place],
        cwd=tmp_path,
        env=ENVIRONMENT,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        assert worker.stderr is not None
        assert "connected" in worker.stderr.readline()
        worker.send_signal(signal.SIGTERM)
        told, _ = recorder.communicate(timeout=60)
    finally:
        for process in (worker, recorder, engine):
            process.terminate()
            process.communicate(timeout=30)

    assert recorder.returncode == 0, told
    assert "bug.yaml" in told
    replay = command("python -m conformance replay bug.yaml")
    done = run(replay, tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr


def test_a_transcript_becomes_a_scenario(tmp_path: Path) -> None:
    lines = [
        '{"at": 0.1, "connection": 1, "event": "frame", "from": "worker", "opcode": "text", '
        '"fin": true, "text": "{\\"type\\": \\"registerfunction\\", \\"id\\": \\"a::b\\"}"}'
    ]
    (tmp_path / "transcript.ndjson").write_text("\n".join(lines), "utf-8")

    done = run(command("python -m conformance from-transcript"), tmp_path)

    assert done.returncode == 0, done.stderr
    assert "a::b" in (tmp_path / "bug.yaml").read_text("utf-8")


@pytest.mark.parametrize("name", [*STEPS, *MATCHERS, *DRAWN])
def test_the_page_tells_of_every_step_and_operator(name: str) -> None:
    assert f"{name}:" in TEXT or f"`{name}" in TEXT


@pytest.mark.parametrize(
    ("words", "code", "told"),
    [
        (["record", "--upstream", "nowhere:x", "-o", "a.yaml"], 2, "expected an address"),
        (["record", "--upstream", "ws://a:1", "-o", "none/a.yaml"], 2, "there is no folder"),
        (
            ["record", "--upstream", "ws://a:1", "--listen", "x", "-o", "a.yaml"],
            2,
            "expected a port",
        ),
        (["from-transcript", "missing.jsonl", "-o", "a.yaml"], 2, "missing.jsonl: cannot be read"),
        (["replay", "missing.yaml", "--worker-cmd=true"], 4, "there is no such file or folder"),
        (["replay", "shipped:close", "--worker-cmd=true"], 4, "did you mean `close-100"),
    ],
)
def test_mistakes_are_told_without_a_traceback(
    words: list[str], code: int, told: str, tmp_path: Path
) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "conformance", *words],
        cwd=tmp_path,
        env=ENVIRONMENT,
        capture_output=True,
        text=True,
        timeout=60,
    )

    assert done.returncode == code
    assert told in done.stderr + done.stdout
    assert "Traceback" not in done.stdout + done.stderr
