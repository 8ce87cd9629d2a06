"""The quick start: what the page shows is what happens."""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
from collections.abc import Collection, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from tests.docs.page import commands, snippets

PAGE = "engine.md"
ROOT = Path(__file__).parents[2]
BUILT = ROOT / ".cache" / "sdks" / "cargo"
SERVES = ('"type":"registertrigger"', "engine::workers::register")
"""What the log of frames shows, in either order, once a worker's route is registered: the engine
holds registrations until the announcement."""
ANY_PORT = ("--port", "0", "--http-port", "0", "--stream-port", "0")


class Engine:
    """A started engine: its addresses, and the frames that it logs."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process
        self.url = self.until(r"ready (ws://\S+)")
        self.http = self.until(r"iii-http (http://\S+)")

    def until(self, pattern: str) -> str:
        """Read its output until a line matches."""
        assert self._process.stdout is not None
        for line in self._process.stdout:
            found = re.search(pattern, line)
            if found:
                return found[found.lastindex or 0]
        raise AssertionError(f"the engine ended before it printed {pattern}")

    def until_all(self, texts: Collection[str]) -> None:
        """Read its output until each text has appeared, in any order."""
        missing = set(texts)
        while missing:
            missing.remove(self.until("|".join(map(re.escape, sorted(missing)))))


@contextmanager
def running(words: list[str], folder: Path, **more: str) -> Iterator[subprocess.Popen[str]]:
    process = subprocess.Popen(
        words,
        cwd=folder,
        env=os.environ | {"PYTHONUNBUFFERED": "1"} | more,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )
    try:
        yield process
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGTERM)
        process.communicate()


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    start = snippets(PAGE, "sh")[0].splitlines()[1]
    words = shlex.split(start)
    assert words == ["python", "-m", "mock_engine"]
    with running([sys.executable, *words[1:], *ANY_PORT], tmp_path) as process:
        yield Engine(process)


def called(engine: Engine) -> object:
    """The output of the page's curl command."""
    (call,) = [text for text in snippets(PAGE, "sh") if text.startswith("curl")]
    assert "http://127.0.0.1:3111/" in call
    words = shlex.split(call.replace("http://127.0.0.1:3111", engine.http))
    return json.loads(subprocess.run([*words, "-s"], capture_output=True, check=True).stdout)


def expected() -> object:
    return json.loads(snippets(PAGE, "json")[0])


def need(*tools: str) -> None:
    """Skip without a tool; in continuous integration it must be installed."""
    for tool in tools:
        if shutil.which(tool) is None:
            assert "CI" not in os.environ, f"{tool} is not installed"
            pytest.skip(f"{tool} is not installed, so this part of docs/{PAGE} is not run")


def test_python(engine: Engine, tmp_path: Path) -> None:
    need("curl")
    (tmp_path / "greet.py").write_text(snippets(PAGE, "python")[0])

    with running([sys.executable, "greet.py"], tmp_path, III_URL=engine.url) as worker:
        engine.until_all(SERVES)
        assert called(engine) == expected()
        worker.send_signal(signal.SIGTERM)
        assert worker.wait() == 0


def test_typescript(engine: Engine, tmp_path: Path) -> None:
    need("curl", "npm")
    (tmp_path / "greet.mts").write_text(snippets(PAGE, "typescript")[0])
    (install,) = commands(PAGE, "npm install")
    (start,) = commands(PAGE, "npx")
    quiet = ("--no-audit", "--no-fund", "--loglevel=error")
    subprocess.run([*shlex.split(install), *quiet], cwd=tmp_path, check=True)

    with running(shlex.split(start), tmp_path, III_URL=engine.url):
        engine.until_all(SERVES)
        assert called(engine) == expected()


def test_rust(engine: Engine, tmp_path: Path) -> None:
    need("curl", "cargo")
    BUILT.mkdir(parents=True, exist_ok=True)
    cargo = {"CARGO_TARGET_DIR": str(BUILT), "CARGO_PROFILE_DEV_DEBUG": "0"}
    folder = tmp_path
    for command in commands(PAGE, "cargo new"):
        words = shlex.split(command)
        if words[0] == "cd":
            folder = folder / words[1]
            # Versions that were built before, where they fit.
            lock = ROOT / "reference_workers" / "rust" / "Cargo.lock"
            if lock.exists():
                shutil.copy(lock, folder)
        else:
            subprocess.run([*words, "--quiet"], cwd=folder, check=True)
    (folder / "src" / "main.rs").write_text(snippets(PAGE, "rust")[0])
    subprocess.run(["cargo", "build", "--quiet"], cwd=folder, check=True, env=os.environ | cargo)

    (start,) = commands(PAGE, "cargo run")
    with running([*shlex.split(start), "--quiet"], folder, III_URL=engine.url, **cargo):
        engine.until_all(SERVES)
        assert called(engine) == expected()
