"""Many workers side by side."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from conformance.__main__ import main
from conformance.errors import UsageError
from conformance.judging.entry import entry
from conformance.judging.judge import Verdict
from conformance.matrix import table as report
from conformance.matrix.findings import findings, verdicts
from conformance.matrix.plan import Candidate, chosen, load
from conformance.matrix.run import Column
from conformance.requirements.catalogue import load as load_catalogue
from conformance.requirements.known import KnownFailure
from conformance.requirements.verdict import Finding, Outcome, broken, kept
from conformance.subject.command import Command

ROOT = Path(__file__).parent.parent.parent
ECHO = {"name": "echo", "command": "{python} -m reference_workers.echo", "folder": str(ROOT)}
CATALOGUE = load_catalogue()


def written(folder: Path, *workers: dict[str, Any]) -> Path:
    file = folder / "workers.yaml"
    file.write_text(yaml.safe_dump({"workers": list(workers)}))
    return file


def refusal(file: Path) -> str:
    with pytest.raises(UsageError) as caught:
        load(file, CATALOGUE)
    return str(caught.value)


def test_paths_are_seen_from_the_file_and_python_is_the_one_that_runs(tmp_path: Path) -> None:
    (tmp_path / "known.yaml").write_text(
        "known-failures:\n  - {id: SHD-008, reason: it does not drain}\n"
    )
    entry = {
        "name": "a",
        "command": "{python} -m a",
        "build": ["make all"],
        "folder": "sub",
        "env": {"K": "V"},
        "known-failures": "known.yaml",
        "timeout-factor": 2,
    }

    (candidate,) = load(written(tmp_path, entry), CATALOGUE)

    assert isinstance(candidate.subject, Command)
    assert candidate.subject.words == (sys.executable, "-m", "a")
    assert candidate.build[0].words == ("make", "all")
    assert candidate.folder == tmp_path / "sub"
    assert candidate.environment == {"K": "V"}
    assert set(candidate.known) == {"SHD-008"}
    assert candidate.timeout_factor == 2


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("workers: []", "workers"),
        ("workers: [{name: a}]", "is not valid under any of the given schemas"),
        ("workers: [{name: a, command: b, image: c}]", "is valid under each of"),
        (
            "workers: [{name: a, command: b, colour: c}]",
            "workers.yaml:1:33: workers.0: unknown key `colour`",
        ),
        ("workers: [{name: a b, command: c}]", "does not match"),
        (
            "workers: [{name: a, command: b}, {name: a, command: c}]",
            "workers.yaml:1:35: two workers are called a",
        ),
        ('workers: [{name: a, command: "\'"}]', "cannot be split"),
        ("workers: [", "no YAML"),
        (
            "workers: [{name: a, command: b, known-failures: none.yaml}]",
            "cannot be read: No such file",
        ),
    ],
)
def test_a_mistake_in_the_file_is_told(tmp_path: Path, text: str, told: str) -> None:
    (tmp_path / "workers.yaml").write_text(text)

    assert told in refusal(tmp_path / "workers.yaml")


def test_workers_are_chosen_by_pattern() -> None:
    candidates = [
        Candidate(name, Command(("x",), "x"), Path()) for name in ("rust-1", "rust-2", "go")
    ]

    assert [s.name for s in chosen(candidates, [])] == ["rust-1", "rust-2", "go"]
    assert [s.name for s in chosen(candidates, ["rust-*"])] == ["rust-1", "rust-2"]
    with pytest.raises(UsageError, match="there are rust-1, rust-2, go"):
        chosen(candidates, ["java"])


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
        ["matrix", str(file), "--jobs", "2", "--requirement", "CON-00[12]"]
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


def column(finding: Finding, outcome: Outcome, known: KnownFailure | None = None) -> Column:
    told = entry(Verdict(CATALOGUE["CON-001"], outcome, finding, known=known), "0.25", "pytest …")
    listed = {known.id: known} if known else {}
    return Column(Candidate("one", Command(("w",), "w"), Path(), known=listed), (told,))


def test_findings_differ_in_their_verdicts_not_in_what_differs_from_run_to_run() -> None:
    def page(seen: str, outcome: Outcome) -> str:
        known = KnownFailure("CON-001", "it sulks") if outcome is Outcome.KNOWN_FAILURE else None
        found = broken(expected="a word", seen=seen)
        return findings(CATALOGUE, [column(found, outcome, known)], "w.yaml")

    first = page("none in 3.1 s", Outcome.KNOWN_FAILURE)

    assert "none in 3.1 s" in first
    assert "it sulks" in first
    assert verdicts(first) == verdicts(page("none in 2.9 s", Outcome.KNOWN_FAILURE))
    assert verdicts(first) != verdicts(page("none in 3.1 s", Outcome.FAILED))


def test_what_is_flaky_is_told_so_whichever_way_it_went() -> None:
    listed = KnownFailure("CON-001", "a matter of milliseconds", tries=5)
    broke = column(broken(expected="a word", seen="none"), Outcome.FLAKY, listed)
    held = column(kept("a word"), Outcome.PASSED, listed)

    pages = [findings(CATALOGUE, [each], "w.yaml") for each in (broke, held)]

    assert verdicts(pages[0]) == verdicts(pages[1])
    assert "### CON-001 MUST (flaky)" in pages[0]


def test_a_worker_without_findings_is_told_too() -> None:
    page = findings(CATALOGUE, [column(kept("a word"), Outcome.PASSED)], "w.yaml")

    assert "It keeps every requirement that applies to it." in page


def test_numbers_head_the_columns_where_names_do_not_fit() -> None:
    columns = [column(kept("a word"), Outcome.PASSED)] * 3
    requirements = [CATALOGUE["CON-001"]]

    wide = list(report.console(CATALOGUE, columns, requirements, 200))
    narrow = list(report.console(CATALOGUE, columns, requirements, 30))

    assert wide[0].split() == ["one"] * 3
    assert narrow[:3] == ["[1] one", "[2] one", "[3] one"]
    assert narrow[4].split() == ["[1]", "[2]", "[3]"]


def test_help_names_the_exit_codes() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "conformance", "matrix", "--help"],
        capture_output=True,
        text=True,
        check=True,
    )

    assert "Exit codes: 0" in done.stdout
