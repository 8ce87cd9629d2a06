"""``python -m conformance matrix``: workers are judged side by side."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from conformance.__main__ import main

ROOT = Path(__file__).parents[3]
ECHO = {"name": "echo", "command": "{python} -m reference_workers.echo", "folder": str(ROOT)}


def written(folder: Path, *workers: dict[str, Any]) -> Path:
    file = folder / "workers.yaml"
    file.write_text(yaml.safe_dump({"workers": list(workers)}))
    return file


def test_one_table_tells_of_all_and_what_cannot_be_judged_stands_out(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    listed = {**ECHO, "name": "listed", "known-failures": "known.yaml"}
    (tmp_path / "known.yaml").write_text("known-failures:\n  - {id: CON-001, reason: once}\n")
    file = written(
        tmp_path,
        ECHO | {"build": ["{python} -c pass"]},
        listed,
        {"name": "absent", "command": "no-such-command"},
        {"name": "unbuilt", "command": "true", "build": ['{python} -c "print(7); exit(3)"']},
    )
    outputs = {name: tmp_path / f"out.{name}" for name in ("json", "markdown", "findings")}

    code = main(
        ["matrix", str(file), "--jobs", "2", "--requirement", "CON-00[13]"]
        + [f"--{name}={path}" for name, path in outputs.items()]
    )

    told = capsys.readouterr().out
    document = json.loads(outputs["json"].read_text())
    counts = [worker["counts"] for worker in document["workers"]]
    assert code == 2
    assert "  CON-001  MUST     pass     FIXED    -        -" in told
    assert "cannot be started: No such file or directory: 'no-such-command'" in told
    assert "cannot be built: exit code 3" in told
    assert "  7\n" in told
    assert [(c["passed"], c["failed"]) for c in counts] == [(2, 0), (1, 1), (0, 0), (0, 0)]
    assert "| pass | FIXED | - | - |" in outputs["markdown"].read_text()
    assert "cannot be built" in outputs["findings"].read_text()


def test_the_exit_code_says_whether_all_is_well(tmp_path: Path) -> None:
    file = written(tmp_path, ECHO)
    command = ["matrix", str(file), "--requirement", "CON-001"]

    assert main(command) == 0
    assert main([*command, "--check"]) == 2
    assert main(["matrix", str(tmp_path / "none.yaml")]) == 2


def test_a_page_of_findings_is_stale_when_a_verdict_changed(tmp_path: Path) -> None:
    page = tmp_path / "findings.md"
    command = ["matrix", str(written(tmp_path, ECHO)), "--requirement=CON-001"]
    command += [f"--findings={page}"]

    assert main([*command, "--check"]) == 1
    assert main(command) == 0
    assert main([*command, "--check"]) == 0


def test_shares_make_a_whole_report_and_a_run_is_resumed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = written(
        tmp_path,
        ECHO | {"tags": ["old"], "env": {"A": "b c"}},
        {"name": "new", "command": "no-such-command", "tags": ["new"]},
    )
    out = tmp_path / "out"
    command = ["matrix", str(file), "--requirement=CON-00[14]", "--tag=old"]
    command += ["--jobs=2", "--split=2", f"--report={out}"]

    assert main(command) == 0
    assert main([*command, "--resume"]) == 0

    assert "echo: was judged before" in capsys.readouterr().err
    (worker,) = json.loads((out / "matrix.json").read_text())["workers"]
    assert [verdict["id"] for verdict in worker["verdicts"]] == ["CON-001", "CON-004"]
    assert "--worker-env='A=b c'" in worker["verdicts"][0]["command"]
    assert "CON-004" in (out / "workers" / "echo" / "report.html").read_text("utf-8")
    assert (out / "requirements" / "CON-004.html").is_file()
    assert main(["matrix", str(file), "--resume"]) == 2


def test_help_names_the_exit_codes() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "conformance", "matrix", "--help"],
        capture_output=True,
        text=True,
        check=True,
    )

    assert "Exit codes: 0" in done.stdout
