"""The reference workers on every SDK version: each fails as listed, and the page says so."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from conformance.matrix.plan import load
from conformance.requirements.catalogue import load as load_catalogue
from tests.sdks.build import BUILDS, ROOT
from tests.sdks.toolchains import required

WORKERS = Path("tests") / "sdks" / "workers.yaml"


def test_every_version_that_is_built_is_judged_and_none_else() -> None:
    names = [candidate.name for candidate in load(ROOT / WORKERS, load_catalogue())]

    assert set(names) == set(BUILDS)


def matrix(*options: str) -> subprocess.CompletedProcess[str]:
    """Judge the workers on the SDKs at the full level, and compare the page of findings."""
    command = [sys.executable, "-m", "conformance", "matrix", str(WORKERS)]
    always = ["--level=full", "--no-build"]
    return subprocess.run(
        [*command, *always, *options], cwd=ROOT, capture_output=True, text=True, check=False
    )


def unlisted(report: Path) -> dict[str, list[str]]:
    """The workers with verdicts that their list of known failures does not expect, and those."""
    workers = json.loads((report / "matrix.json").read_text("utf-8"))["workers"]
    wrong = {"failed", "warning", "fixed"}
    return {
        worker["name"]: unexpected
        for worker in workers
        if (
            unexpected := [
                *filter(None, [worker["fault"]]),
                *(f"{v['id']} {v['outcome']}" for v in worker["verdicts"] if v["outcome"] in wrong),
            ]
        )
    }


@pytest.mark.alone
def test_each_fails_as_listed_and_the_page_of_findings_says_so(tmp_path: Path) -> None:
    """A listed requirement that is met fails, and so does a broken SHOULD that is not listed.

    Several full runs at a time make two processors late: a verdict that is not expected counts if
    it comes again when its worker is judged by itself.
    """
    here = [name for name, build in BUILDS.items() if build.available]
    if len(here) < len(BUILDS):
        required(build for build in BUILDS.values() if not build.available)
    for name in here:
        BUILDS[name].ensure()
    page = ["--findings=docs/findings.md", "--check"]
    only = [f"--worker={name}" for name in here]
    chosen = [*(page if len(here) == len(BUILDS) else only), f"--report={tmp_path}"]

    done = matrix("--jobs=5", *chosen)
    if done.returncode:
        for name, unexpected in unlisted(tmp_path).items():
            print(f"{name} is judged again: {', '.join(unexpected)}")
            shutil.rmtree(tmp_path / "workers" / name)
        done = matrix("--jobs=1", "--resume", *chosen)

    assert done.returncode == 0, done.stdout + done.stderr
    assert unlisted(tmp_path) == {}
    if len(here) < len(BUILDS):
        pytest.skip(f"only {', '.join(here)} were judged: the tools for the others are missing")


def test_lock_files_name_no_registry() -> None:
    """Any mirror can serve them: `npm ci` and `cargo build --locked` use the configured one."""
    for lock in [*ROOT.glob("reference_workers/*/*lock*"), *ROOT.glob("tests/sdks/*/*lock*")]:
        text = lock.read_text()
        assert '"resolved"' not in text, lock
        assert {line for line in text.splitlines() if line.startswith("source = ")} <= {
            'source = "registry+https://github.com/rust-lang/crates.io-index"'
        }, lock


def test_known_failures_have_a_reason_that_can_be_read() -> None:
    for candidate in load(ROOT / WORKERS, load_catalogue()):
        assert candidate.known_file is not None
        listed = yaml.safe_load(candidate.known_file.read_text())["known-failures"]
        assert all(len(entry["reason"]) > 30 for entry in listed)
