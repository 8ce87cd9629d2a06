"""Judging an engine as users do: pytest runs in empty folders."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from conformance.documents import schema
from conformance.engines.drift import drift
from conformance.engines.probe import shipped
from conformance.report.document import SCHEMA
from tests.engines.judging import MOCK, mutant

pytest_plugins = ["pytester"]

ROOT = Path(__file__).parent.parent.parent.parent


@pytest.fixture(autouse=True)
def _on_path(monkeypatch: pytest.MonkeyPatch) -> None:
    path = os.pathsep.join(filter(None, (str(ROOT), os.environ.get("PYTHONPATH"))))
    monkeypatch.setenv("PYTHONPATH", path)


def judge(pytester: pytest.Pytester, command: str, *arguments: str) -> pytest.RunResult:
    plain = ("-p", "no:cacheprovider", "-p", "no:xdist")
    return pytester.runpytest_subprocess(*plain, f"--engine-cmd={command}", *arguments, timeout=200)


def report(folder: Path) -> dict[str, object]:
    document: dict[str, object] = json.loads((folder / "report.json").read_text("utf-8"))
    Draft202012Validator(schema(SCHEMA)).validate(document)
    return document


def test_an_engine_that_keeps_the_rules_passes(pytester: pytest.Pytester, tmp_path: Path) -> None:
    chosen = ("--requirement=ENG-00*", "--requirement=ENG-241")
    result = judge(pytester, MOCK, *chosen, f"--conformance-report={tmp_path}")

    assert result.ret == 0
    result.stdout.fnmatch_lines(["engine: *mock_engine*", "*7 passed*out of 185 requirements"])
    found = report(tmp_path)
    assert found["subject"]["engine"]["recorded_from"] == "iii 0.23.0-rc.4"  # type: ignore[index]
    assert (tmp_path / "transcripts" / "invocation-sync.ndjson").stat().st_size > 500
    assert "Conformance of" in (tmp_path / "report.html").read_text("utf-8")


def test_a_wrong_engine_fails_with_all_that_is_needed(
    pytester: pytest.Pytester, tmp_path: Path
) -> None:
    chosen = ("-k", "announce-result")
    folder = f"--conformance-report={tmp_path}"
    result = judge(pytester, mutant("never-confirms"), *chosen, folder)

    assert result.ret == 1
    result.stdout.fnmatch_lines(
        [
            "*ENG-121 MUST: An engine must confirm an announcement.",
            "*expected:*probe announce-result, step 2*success is true*",
            "*seen:*success is false*",
            "*the conversation:*",
            "*engine*worker*success*",
            "*again:*--engine-cmd=*--requirement ENG-121*",
        ]
    )
    report(tmp_path)


def test_a_known_failure_fails_no_run(pytester: pytest.Pytester) -> None:
    file = pytester.makefile(".yaml", known="known-failures: [{id: ENG-121, reason: so it is}]")
    known = f"--known-failures={file}"
    chosen = "--requirement=ENG-121"

    assert judge(pytester, mutant("never-confirms"), chosen, known).ret == 0
    assert judge(pytester, MOCK, chosen, known).ret == 1


def test_an_engine_that_dies_is_started_again(pytester: pytest.Pytester) -> None:
    result = judge(pytester, mutant("dies-of-a-call"), "-k", "invocation-sync or invocation-void")

    assert result.ret == 1
    result.stdout.fnmatch_lines(["*(exit code 3)*"])
    result.stdout.fnmatch_lines(["*3 judged, 2 passed, 0 warnings, 1 failed*"])


def test_words_alone_are_a_warning(pytester: pytest.Pytester, tmp_path: Path) -> None:
    for name in ("invocation-builtin-bad-input.yaml", "invocation-builtin-bad-input.golden.json"):
        (tmp_path / name).write_text((shipped() / name).read_text("utf-8"), "utf-8")
    probes = f"--probe={tmp_path}"

    result = judge(pytester, mutant("shouts"), probes)

    assert result.ret == 0
    result.stdout.fnmatch_lines(["*1 judged, 0 passed, 1 warning*out of 1 probe*"])
    assert judge(pytester, mutant("shouts"), probes, "--strict").ret == 1


def test_an_engine_is_recorded(pytester: pytest.Pytester, tmp_path: Path) -> None:
    names = ("handshake-basic", "invocation-sync", "http-get", "triggers-owner-gone")
    chosen = " or ".join(f"({name})" for name in names)

    result = judge(pytester, MOCK, f"--record={tmp_path}", "-k", chosen)

    assert result.ret == 0
    assert sorted(file.name for file in tmp_path.iterdir()) == sorted(
        f"{name}.golden.json" for name in names
    )
    found = drift(shipped(), tmp_path)
    assert (found.compared, found.changes) == (4, ())
    again = (f"--engine-recordings={tmp_path}", "-k", "invocation-sync or http-not-found")
    compared = judge(pytester, MOCK, *again)
    compared.stdout.fnmatch_lines(["*1 judged, 1 passed*1 not verified*"])


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (("--engine-url=ws://127.0.0.1:1",), "*exclude each other*"),
        (("--engine-profile=main",), "*--engine-profile is for --engine-url*"),
        (("--fuzz=1s",), "*--fuzz is about workers*"),
        (("--requirement=INV-001",), "*no requirement matches 'INV-001'*"),
        (("--probe=nowhere",), "*there is no such folder*"),
        (("--timeout-factor=0",), "*--timeout-factor is 0*"),
        (("--update-known-failures",), "*takes --known-failures FILE*"),
    ],
)
def test_a_mistake_in_the_options_is_told(
    pytester: pytest.Pytester, arguments: tuple[str, ...], complaint: str
) -> None:
    result = judge(pytester, MOCK, *arguments)

    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines([complaint])


def test_an_engine_that_cannot_be_started_is_told(pytester: pytest.Pytester) -> None:
    result = judge(pytester, "/no/such/engine {config}")

    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["*the engine cannot be started: No such file*"])
