"""Each worker of the agent system meets every rule that applies, and survives hostile data."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from reference_workers.system.roster import ROSTER
from reference_workers.whole import PARTS
from tests.reference_workers.systems import ROOT

WORKERS = Path(__file__).with_name("agents.yaml")


def test_all_of_them_are_judged() -> None:
    names = [each["name"] for each in yaml.safe_load(WORKERS.read_text("utf-8"))["workers"]]

    assert tuple(names) == ROSTER
    assert tuple(PARTS) == ROSTER


@pytest.mark.alone
def test_each_keeps_every_must_and_should(tmp_path: Path) -> None:
    pytest.importorskip("wasmtime", reason="the extra `agents` is not installed")
    command = [sys.executable, "-m", "conformance", "matrix", str(WORKERS), "--jobs=3", "--strict"]
    told = tmp_path / "matrix.json"

    done = subprocess.run(
        [*command, f"--json={told}"], cwd=ROOT, capture_output=True, text=True, check=False
    )

    assert done.returncode == 0, done.stdout + done.stderr
    assert len(json.loads(told.read_text("utf-8"))["workers"]) == len(ROSTER)


@pytest.mark.parametrize("name", [*ROSTER, "whole"])
def test_each_survives_hostile_data(name: str) -> None:
    if name == "sandbox":
        pytest.importorskip("wasmtime", reason="the extra `agents` is not installed")
    worker = f"--worker-cmd={sys.executable} -m reference_workers.{name}"
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", worker, "--fuzz=2000"]

    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stdout[-5000:]
    assert "0 findings" in done.stdout
