"""The mock engine answers as the real one did: every probe, against its recording.

What differs is listed in ``differences.yaml`` with the reason, and must go on differing: an entry
that is not true any more fails, too.
"""

from __future__ import annotations

import asyncio
import json
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.fidelity.player import Place, play

HERE = Path(__file__).parent
DIFFERENCES = yaml.safe_load((HERE / "differences.yaml").read_text()) or {}
DEFECT = re.compile(r"^defect:", re.MULTILINE)
PROBES = sorted(
    file.stem for file in (HERE / "probes").glob("*.yaml") if not DEFECT.search(file.read_text())
)
"""Those of a defect of the real engine are not to be copied."""

LONGEST = 60.0
"""Seconds for one probe; the longest waits 13 s on an idle machine."""


def read(name: str) -> tuple[dict[str, Any], dict[str, Any]]:
    script = yaml.safe_load((HERE / "probes" / f"{name}.yaml").read_text())
    return script, json.loads((HERE / "probes" / f"{name}.golden.json").read_text())


@contextmanager
def engine(profile: str, folder: Path) -> Iterator[Place]:
    """An engine with a profile, in a process of its own."""
    text = (HERE / "profiles" / f"{profile}.yaml").read_text()
    text = re.sub(r"\{\{[A-Z_]+_PORT\}\}", "0", text)
    config = folder / f"{profile}.yaml"
    config.write_text(text)
    command = [sys.executable, "-m", "mock_engine", "--config", str(config), "--quiet"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=folder) as process:
        try:
            yield Place(_urls(process, text), process.pid)
        finally:
            process.terminate()
            process.communicate(timeout=20)


def _urls(process: subprocess.Popen[str], config: str) -> dict[str, str]:
    assert process.stdout is not None
    urls: dict[str, str] = {}
    lines = config.count("iii-worker-manager")
    lines += sum(f"name: {name}\n" in config for name in ("iii-http", "iii-stream"))
    for _ in range(lines):
        kind, url = process.stdout.readline().split()
        name = {"iii-http": "http", "iii-stream": "stream"}.get(kind, "rbac" if urls else "ws")
        urls[name] = url
    return urls


@pytest.fixture(scope="module")
def engines(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Place]]:
    """The engines of the profiles, each started when it is first needed."""
    from contextlib import ExitStack

    with ExitStack() as stack:

        class Engines(dict[str, Place]):
            def __missing__(self, profile: str) -> Place:
                folder = tmp_path_factory.mktemp(profile)
                self[profile] = stack.enter_context(engine(profile, folder))
                return self[profile]

        yield Engines()


async def bounded(script: dict[str, Any], golden: dict[str, Any], place: Place) -> str | None:
    """Play a probe; one that takes far longer than any should is a difference, too."""
    try:
        return await asyncio.wait_for(play(script, golden, place), LONGEST)
    except TimeoutError:
        return f"not through after {LONGEST:g} s"


@pytest.mark.parametrize("name", PROBES)
def test_a_probe_fits_its_recording(name: str, engines: dict[str, Place], tmp_path: Path) -> None:
    script, golden = read(name)
    profile = script.get("profile", "main")
    complaint = None
    if not script.get("destructive"):
        complaint = asyncio.run(bounded(script, golden, engines[profile]))
    # Looks at the clock come in between where a machine is busy; a difference is one every time.
    if complaint is not None or script.get("destructive"):
        with engine(profile, tmp_path) as place:
            complaint = asyncio.run(bounded(script, golden, place))

    if name in DIFFERENCES:
        assert complaint is not None, f"{name} fits by now: take it off differences.yaml"
    else:
        assert complaint is None, complaint


def test_every_difference_has_a_probe_and_a_reason() -> None:
    assert set(DIFFERENCES) <= set(PROBES)
    assert all(re.search(r"\w", reason) for reason in DIFFERENCES.values())


def test_the_documentation_shows_every_difference() -> None:
    page = (Path(__file__).parents[2] / "docs" / "engine.md").read_text("utf-8")

    assert [name for name in DIFFERENCES if f"`{name}`" not in page] == []
