"""The wheel alone, in a fresh environment and an empty folder."""

from __future__ import annotations

import subprocess
import sys
import venv
from pathlib import Path

from conformance import checks
from conformance.requirements.catalogue import load
from conformance.trials.trial import CHECKS

assert checks.MODULES  # importing the modules registers their checks

ROOT = Path(__file__).parent.parent.parent


def run(*command: str | Path, cwd: Path) -> str:
    done = subprocess.run(
        [str(word) for word in command], cwd=cwd, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_a_worker_is_judged_from_an_empty_folder(tmp_path: Path) -> None:
    empty = tmp_path / "empty"
    empty.mkdir()
    run(sys.executable, "-m", "build", "--wheel", "--outdir", tmp_path, ROOT, cwd=empty)
    (wheel,) = tmp_path.glob("*.whl")
    venv.create(tmp_path / "env", with_pip=True)
    python = tmp_path / "env" / "bin" / "python"
    constraints = ROOT / ".ci" / "constraints.txt"
    run(python, "-m", "pip", "install", "-q", "-c", constraints, wheel, cwd=empty)

    worker = f"--worker-cmd={python} -m reference_workers.echo"
    told = run(python, "-m", "pytest", "-v", "-p", "no:cacheprovider", worker, cwd=empty)
    listed = run(python, "-m", "conformance", "list", cwd=empty)
    config = "from mock_engine.config import *; print(load(default_path()).modules[0].name)"

    assert ", 0 warnings, 0 failed, " in told
    untestable = sum(requirement.id not in CHECKS for requirement in load())
    trials = [check.trials for check in CHECKS.values() if check.trials]
    long = sum(all(trial.long for trial in each) for each in trials)
    assert f", {long + untestable} not verified, " in told
    assert f"out of {len(listed.splitlines())} requirements" in told
    assert run(python, "-c", config, cwd=empty) == "iii-http\n"
    assert list(empty.iterdir()) == []
