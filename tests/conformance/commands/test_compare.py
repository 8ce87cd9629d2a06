"""``iii-conformance compare`` and ``merge``."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from conformance.__main__ import main
from conformance.matrix import site
from conformance.report.folder import write_pages
from conformance.requirements.verdict import Outcome, broken, kept
from tests.conformance.matrix.making import CATALOGUE, column, matrix
from tests.conformance.report.making import entry, report


@pytest.fixture
def folders(tmp_path: Path) -> list[str]:
    """The folders of two reports: the older one is better."""
    for name, outcome in (("old", Outcome.PASSED), ("new", Outcome.FAILED)):
        write_pages(tmp_path / name, report(entry(1, outcome)))
    return [str(tmp_path / "old"), str(tmp_path / "new")]


def test_a_regression_is_exit_code_1(
    folders: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    files = {"markdown": tmp_path / "c.md", "html": tmp_path / "sub" / "c.html"}
    written = [f"--{name}={file}" for name, file in files.items()]

    assert main(["compare", *folders, *written]) == 1
    assert "CON-001  passed → failed" in capsys.readouterr().out
    assert all("1 regression" in file.read_text("utf-8") for file in files.values())
    assert main(["compare", *reversed(folders)]) == 0
    assert main(["compare", folders[0], str(tmp_path)]) == 2


def test_shares_are_merged_and_the_exit_code_is_theirs(
    folders: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_pages(tmp_path / "other", report(entry(2, Outcome.PASSED)))

    code = main(["merge", folders[0], str(tmp_path / "other"), "-o", str(tmp_path / "all")])

    assert code == 1  # the outcome of the two made reports
    verdicts = json.loads((tmp_path / "all" / "report.json").read_text())["verdicts"]
    assert [verdict["id"] for verdict in verdicts] == ["CON-001", "CON-002"]
    assert main(["merge", *folders, "-o", str(tmp_path / "no")]) == 2
    assert main(["merge", folders[0], "-o", folders[0]]) == 2
    assert "name another one" in capsys.readouterr().err


def test_matrices_are_merged(tmp_path: Path) -> None:
    found = {
        "one": column(kept("x"), Outcome.PASSED, name="one"),
        "two": column(broken(expected="x", seen="y"), Outcome.FAILED, name="two"),
    }
    for name, each in found.items():
        site.write(tmp_path / name, CATALOGUE, matrix(each))
        assert each.report is not None
        write_pages(tmp_path / name / "workers" / name, each.report)

    code = main(
        ["merge", str(tmp_path / "one"), str(tmp_path / "two"), "-o", str(tmp_path / "all")]
    )

    assert code == 1
    made = json.loads((tmp_path / "all" / "matrix.json").read_text())
    assert [worker["name"] for worker in made["workers"]] == ["one", "two"]
    assert (tmp_path / "all" / "workers" / "two" / "report.html").is_file()
