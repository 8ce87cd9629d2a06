"""The example in CONTRIBUTING.md, carried out in a copy of the repository."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
COPIED = ("conformance", "mock_engine", "schemas", "tests", "docs", "pyproject.toml", "config.yaml")
BLOCK = re.compile(
    r"^\*\*\d\. [^`\n]*`(?P<path>[^`]+)`[^\n]*\n\n```(?:yaml|python)\n(?P<text>.*?)^```",
    re.MULTILINE | re.DOTALL,
)
"""A file that the page names, and the text to add there."""


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the repository with the requirement of the example in it."""
    folder = tmp_path_factory.mktemp("copy")
    ignored = shutil.ignore_patterns("__pycache__", ".*")
    for name in COPIED:
        source = ROOT / name
        if source.is_dir():
            shutil.copytree(source, folder / name, ignore=ignored)
        else:
            shutil.copy(source, folder / name)
    for path, text in blocks().items():
        file = folder / path
        before = file.read_text("utf-8").rstrip("\n") if file.exists() else ""
        gap = "\n" if path.endswith(".yaml") else "\n\n\n"
        file.write_text(f"{before}{gap}{text}" if before else text, "utf-8")
    return folder


def blocks() -> dict[str, str]:
    """The files that the page shows, or the ends of them, by their paths."""
    page = (ROOT / "CONTRIBUTING.md").read_text("utf-8")
    return {match["path"]: match["text"] for match in BLOCK.finditer(page)}


def run(folder: Path, *arguments: str) -> str:
    """The output of a command that must succeed, run in ``folder`` with its packages."""
    done = subprocess.run(
        [sys.executable, *arguments], cwd=folder, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_the_page_shows_four_places_and_names_the_fifth() -> None:
    assert len(blocks()) == 4
    assert "**5. The pages**" in (ROOT / "CONTRIBUTING.md").read_text("utf-8")


def test_the_mutant_is_killed(copy: Path) -> None:
    output = run(copy, "-m", "tests.kill_matrix", "--only", "LeavesEmptyPingsUnanswered")

    assert "1 of 1 mutants killed" in output


def test_the_unbroken_worker_passes(copy: Path) -> None:
    worker = f"--worker-cmd={sys.executable} -m tests.mutants Worker"

    output = run(copy, "-m", "pytest", "-q", "--requirement", "RDY-900", worker)

    assert "1 judged, 1 passed" in output


def test_the_test_of_the_check_passes(copy: Path) -> None:
    output = run(copy, "-m", "pytest", "-q", "tests/conformance/checks")

    assert "passed" in output


def test_the_page_of_requirements_has_it(copy: Path) -> None:
    run(copy, "-m", "conformance", "docs")

    assert "RDY-900" in (copy / "docs" / "requirements.md").read_text("utf-8")
