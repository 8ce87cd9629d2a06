"""The GitHub action: its scripts are run unchanged, with the inputs in their environment."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from conformance.plugin import options
from conformance.report.folder import write_pages
from conformance.requirements.verdict import Outcome
from tests.conformance.report.making import entry, report

ROOT = Path(__file__).parent.parent
ACTION = yaml.safe_load((ROOT / "action.yml").read_text("utf-8"))
ECHO = f"{sys.executable} -m reference_workers.echo"


def step(name: str) -> dict[str, Any]:
    (found,) = [step for step in ACTION["runs"]["steps"] if step.get("name") == name]
    return dict(found)


def run(name: str, folder: Path, **inputs: str) -> subprocess.CompletedProcess[str]:
    """Run a step's script as the runner does, with these inputs and the defaults."""
    given = {key: spec.get("default", "") for key, spec in ACTION["inputs"].items()}
    given |= {key.replace("_", "-"): value for key, value in inputs.items() if key.islower()}
    environment = {
        variable: re.sub(r"\$\{\{ inputs\.([a-z-]+) \}\}", lambda m: given[m[1]], text)
        for variable, text in step(name)["env"].items()
    }
    python = folder / "temp" / "iii-conformance" / "bin" / "python"
    python.parent.mkdir(parents=True, exist_ok=True)
    if not python.exists():
        python.write_text(f'#!/bin/sh\nprintf "%s\\n" "$@" > words\nexec {sys.executable} "$@"\n')
        python.chmod(0o755)
    paths = {
        "RUNNER_TEMP": str(folder / "temp"),
        "GITHUB_STEP_SUMMARY": str(folder / "summary"),
        "GITHUB_OUTPUT": str(folder / "output"),
        "GITHUB_REPOSITORY": "o/r",
        "GITHUB_WORKFLOW": "w",
    } | {name: value for name, value in inputs.items() if name.isupper()}
    return subprocess.run(
        ["bash", "--noprofile", "--norc", "-e", "-o", "pipefail", "-c", step(name)["run"]],
        cwd=folder,
        env=os.environ | environment | paths | {"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )


def words(folder: Path) -> list[str]:
    return (folder / "words").read_text().splitlines()


def test_a_command_is_judged_and_summarised(tmp_path: Path) -> None:
    chosen = "--requirement=CON-00[13]\n\n--timeout-factor=2\n"

    judged = run("Judge", tmp_path, command=ECHO, strict="true", arguments=chosen)
    summarised = run("Summarise", tmp_path)

    assert judged.returncode == 0, judged.stdout + judged.stderr
    assert ", 2 passed," in judged.stdout
    assert (tmp_path / "conformance-report" / "junit.xml").exists()
    assert "--strict" in words(tmp_path)
    assert summarised.returncode == 0
    assert "| CON-001 |" in (tmp_path / "summary").read_text()


def test_each_option_it_passes_is_one_of_ours(tmp_path: Path) -> None:
    known = tmp_path / "known.yaml"
    known.write_text("known-failures: []\n")

    told = run("Judge", tmp_path, image="127.0.0.1:1/none", known_failures=str(known))

    ours = {*options.SHAPING, *options.CHOOSING, *options.TELLING}
    passed = {word.partition("=")[0] for word in words(tmp_path) if word.startswith("--")}
    assert passed - {"--junitxml", "--strict"} <= ours
    assert {"--worker-image", "--known-failures", "--conformance-report"} <= passed
    assert told.returncode == 4


def test_an_input_is_no_command(tmp_path: Path) -> None:
    run(
        "Judge",
        tmp_path,
        command="x; touch harm $(touch harm) `touch harm`",
        arguments="$(touch harm)",
    )

    assert not (tmp_path / "harm").exists()


def test_without_a_worker_it_says_so_and_a_configuration_may_name_it(tmp_path: Path) -> None:
    missing = run("Judge", tmp_path)
    (tmp_path / "conformance.yaml").write_text(f"worker-cmd: {ECHO}\n")
    named = run("Judge", tmp_path, arguments="--requirement=CON-001")

    assert (missing.returncode, named.returncode) == (4, 0), named.stdout
    assert "::error::name the worker" in missing.stdout


def test_a_failure_is_an_annotation_and_an_output(tmp_path: Path) -> None:
    folder = tmp_path / "worker"
    folder.mkdir()
    mutant = f"{sys.executable} -m tests.mutants LeavesNullOut"
    inputs = {
        "working_directory": "worker",
        "arguments": "--requirement=INV-014\n--requirement=INV-025",
    }

    judged = run("Judge", tmp_path, command=mutant, strict="true", **inputs)
    annotated = run("Annotate", tmp_path, working_directory="worker")

    assert judged.returncode == 1, judged.stdout + judged.stderr
    assert annotated.stdout.startswith("::error title=INV-025 SHOULD::A worker should")
    outputs = dict(line.split("=", 1) for line in (tmp_path / "output").read_text().splitlines())
    assert set(outputs) == set(ACTION["outputs"])
    assert (outputs["verdict"], outputs["passed"], outputs["failed"]) == ("failed", "1", "1")
    assert outputs["report"] == str(folder / "conformance-report")


def test_where_nothing_was_judged_there_is_nothing_to_annotate(tmp_path: Path) -> None:
    assert run("Annotate", tmp_path).returncode == 0
    assert not (tmp_path / "output").exists()


@pytest.fixture
def reports(tmp_path: Path) -> Path:
    """A good report, and one in which a requirement is broken."""
    for name, outcome in (("good", Outcome.PASSED), ("conformance-report", Outcome.FAILED)):
        write_pages(tmp_path / name, report(entry(1, outcome)))
    return tmp_path


def test_a_regression_fails_is_summarised_and_becomes_a_comment(reports: Path) -> None:
    gh = reports / "bin" / "gh"
    gh.parent.mkdir()
    gh.write_text(
        '#!/bin/sh\necho "$*" >> "$RUNNER_TEMP/gh"\ncase "$*" in *edit-last*) exit 1;; esac\n'
    )
    gh.chmod(0o755)
    path = f"{gh.parent}:{os.environ['PATH']}"

    compared = run("Compare", reports, baseline="good", comment="true", NUMBER="7", PATH=path)

    assert compared.returncode == 1, compared.stdout + compared.stderr
    assert "1 regression" in (reports / "summary").read_text()
    asked = (reports / "temp" / "gh").read_text().splitlines()
    assert [line.split(" --")[0] for line in asked] == ["pr comment 7"] * 2
    assert (reports / "conformance-report" / "comparison.html").exists()


def test_the_latest_good_run_is_a_baseline_and_the_first_run_has_none(reports: Path) -> None:
    gh = reports / "bin" / "gh"
    gh.parent.mkdir()
    gh.write_text(
        '#!/bin/sh\ncase "$1 $2" in\n"run list") echo 12;;\n'
        '"run download") [ -d ../good ] || [ -d good ] || exit 1\n'
        f'cp -r {reports}/good "$RUNNER_TEMP/conformance-baseline";;\nesac\n'
    )
    gh.chmod(0o755)
    path = f"{gh.parent}:{os.environ['PATH']}"

    compared = run("Compare", reports, baseline="artifact", PATH=path)
    first = run("Compare", reports, baseline="no-such-folder", PATH=path)

    assert "1 regression" in compared.stdout, compared.stdout + compared.stderr
    assert (first.returncode, "nothing to compare" in first.stdout) == (0, True)


def test_inputs_are_documented_and_used() -> None:
    page = (ROOT / "docs" / "containers.md").read_text("utf-8")
    used = set(re.findall(r"inputs\.([a-z-]+)", (ROOT / "action.yml").read_text("utf-8")))

    assert used == set(ACTION["inputs"])
    assert all(f"`{name}`" in page for name in (*ACTION["inputs"], *ACTION["outputs"]))


@pytest.mark.parametrize("found", [s["uses"] for s in ACTION["runs"]["steps"] if "uses" in s])
def test_other_actions_have_a_version(found: str) -> None:
    assert re.fullmatch(r"(actions/[a-z-]+|github/codeql-action/upload-sarif)@v\d+", found)
