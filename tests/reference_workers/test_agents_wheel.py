"""The agent system in the wheel, run in an empty folder."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from tests.reference_workers.systems import FREE, ROOT, system


def test_it_starts_from_the_wheel_in_an_empty_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    built, unpacked, empty = (tmp_path / name for name in ("built", "unpacked", "empty"))
    empty.mkdir()
    build = [sys.executable, "-m", "build", "--wheel", "--outdir", str(built), str(ROOT)]
    done = subprocess.run(build, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    (wheel,) = built.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(unpacked)
    # The unpacked wheel takes precedence over the environment.
    monkeypatch.setattr("tests.reference_workers.systems.ROOT", unpacked)

    with system(empty, "agent_core", "api", "security", *FREE) as there:
        there.until("ready: 3 workers")
        (row, *_) = there.told()["processes"]
        assert row["name"] == "engine"
        refused = there.run("chat", "Hello")
        assert (refused.returncode, "function_not_found" in refused.stderr) == (1, True)
    assert [path.name for path in empty.iterdir()] == [".iii-agents"]
