"""The plugin as its users see it: pytest runs in empty folders."""

from __future__ import annotations

import json
import os
import re
import sys
import textwrap
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from conformance import checks
from conformance.documents import schema
from conformance.report.document import SCHEMA
from conformance.requirements.catalogue import load
from conformance.trials.trial import CHECKS

assert checks.MODULES  # importing the modules registers their checks

pytest_plugins = ["pytester"]

ROOT = Path(__file__).parents[3]
ECHO = f"{sys.executable} -m reference_workers.echo"


@pytest.fixture(autouse=True)
def _on_path(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let workers import this checkout from any folder."""
    path = os.pathsep.join(filter(None, (str(ROOT), os.environ.get("PYTHONPATH"))))
    monkeypatch.setenv("PYTHONPATH", path)


def judge(pytester: pytest.Pytester, command: str, *arguments: str) -> pytest.RunResult:
    plain = ("-p", "no:cacheprovider", "-p", "no:xdist")
    return pytester.runpytest_subprocess(*plain, f"--worker-cmd={command}", *arguments, timeout=120)


def worker(pytester: pytest.Pytester, body: str) -> str:
    """A worker made of a few lines that use ``socket``; returns its command."""
    lines = textwrap.indent(textwrap.dedent(body), "        ")
    source = (
        "import asyncio, json, os\nfrom websockets.asyncio.client import connect\n"
        "async def main():\n    async with connect(os.environ['III_URL']) as socket:\n"
        f"{lines}\nasyncio.run(main())\n"
    )
    file = pytester.makepyfile(worker=source)
    return f"{sys.executable} {file}"


def closing(result: pytest.RunResult) -> dict[str, int]:
    """The numbers in the closing line."""
    (line,) = [line for line in result.outlines if line.startswith("conformance: ")]
    return {
        "warnings" if name == "warning" else name: int(number)
        for number, name in re.findall(r"(\d+) ([a-z ]+)", line)
    }


def test_the_echo_worker_keeps_everything(pytester: pytest.Pytester) -> None:
    result = judge(pytester, ECHO, "-v")

    counts = closing(result)
    assert result.ret == 0
    assert counts["passed"] == counts["judged"]
    long = sum(check.long for check in CHECKS.values())
    untestable = sum(requirement.id not in CHECKS for requirement in load())
    assert (counts["failed"], counts["warnings"]) == (0, 0)
    assert counts["not verified"] == long + untestable
    result.stdout.fnmatch_lines(["*Connecting*", "*pass*CON-001*MUST*", "*Shutting down*"])


def test_without_its_option_it_changes_nothing(pytester: pytest.Pytester) -> None:
    pytester.makepyfile("def test_one(): pass\n\ndef test_two(): assert False\n")

    with_it = pytester.runpytest_subprocess("-v", "-p", "no:cacheprovider", "-p", "no:randomly")
    without = pytester.runpytest_subprocess(
        "-v", "-p", "no:cacheprovider", "-p", "no:randomly", "-p", "no:iii-conformance"
    )

    def told(result: pytest.RunResult) -> list[str]:
        lines = [line for line in result.outlines if not line.startswith(("plugins:", "platform"))]
        return [re.sub(r"in \d+\.\d+s", "in time", line) for line in lines]

    assert with_it.ret == without.ret == 1
    assert told(with_it) == told(without)


def test_without_its_option_it_imports_nothing_of_the_suite(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        """
        import sys

        def test_imports():
            packages = ("conformance", "mock_engine", "schemas")
            own = [name for name in sys.modules if name.startswith(packages)]
            names = ("", ".declaring", ".hypothesis_summary", ".options")
            assert sorted(own) == ["conformance", *("conformance.plugin" + name for name in names)]
        """
    )

    assert pytester.runpytest_subprocess("-p", "no:cacheprovider").ret == 0


def test_it_collects_requirements_and_nothing_else(pytester: pytest.Pytester) -> None:
    pytester.makepyfile("def test_of_somebody(): assert False\n")

    result = judge(pytester, "true", "--collect-only", "-q")

    assert result.ret == 0
    result.stdout.fnmatch_lines(["connecting::CON-001", "shutting::SHD-001"])
    result.stdout.no_fnmatch_line("*test_of_somebody*")


@pytest.mark.parametrize(
    ("arguments", "chosen"),
    [
        (("--requirement", "ANN-00[12]"), {"ANN-001", "ANN-002"}),
        (("--requirement=con-002", "--requirement=REG-003"), {"CON-002", "REG-003"}),
        (("-k", "SHD-00 and SHOULD"), {"SHD-007", "SHD-008"}),
        (("connecting::CON-003",), {"CON-003"}),
        (("announcing",), {r.id for r in load() if r.phase == "announcing"}),
    ],
)
def test_requirements_are_selected(
    pytester: pytest.Pytester, arguments: tuple[str, ...], chosen: set[str]
) -> None:
    result = judge(pytester, "true", "--collect-only", "-q", *arguments)

    assert set(re.findall(r"[A-Z]{3}-\d{3}", result.stdout.str())) == chosen


@pytest.mark.parametrize(
    ("command", "arguments", "told"),
    [
        ("", (), "*--worker-cmd is empty*"),
        ("sh -c 'unclosed", (), "*cannot be split into words*"),
        ("/no/such/program --flag", (), "*cannot be started: No such file*/no/such/program*"),
        (f"{sys.executable} nowhere.py", (), "*ended with exit code 2 before it opened*"),
        (ECHO, ("--requirement", "NOPE-*"), "*no requirement matches 'NOPE-*'*"),
        (ECHO, ("--timeout-factor", "-1"), "*--timeout-factor is -1.0*"),
        (ECHO, ("--protocol", "0.99"), "*--protocol is 0.99; the newest*"),
        (ECHO, ("--level", "most"), "*--level*invalid choice*"),
        (ECHO, ("--conformance-config", "nowhere.yaml"), "*nowhere.yaml: cannot be read*"),
        (
            ECHO,
            ("--known-failures", "nowhere.yaml"),
            "*nowhere.yaml: *No such file*",
        ),
        (ECHO, ("no-such-phase",), "*no-such-phase*"),
    ],
)
def test_usage_errors_have_code_4(
    pytester: pytest.Pytester, command: str, arguments: tuple[str, ...], told: str
) -> None:
    result = judge(pytester, command, *arguments)

    assert result.ret == 4
    result.stderr.fnmatch_lines([told])


def test_an_unstartable_command_is_told_with_its_code_and_last_output(
    pytester: pytest.Pytester,
) -> None:
    file = pytester.makepyfile(worker="import sys\nprint('no database')\nsys.exit(7)")

    result = judge(pytester, f"{sys.executable} {file}")

    assert result.ret == 4
    result.stderr.fnmatch_lines(
        ["*exit code 7*", f"*worker: {sys.executable} {file}*", "*no database*"]
    )


@pytest.mark.parametrize(
    ("body", "failed"),
    [
        ("await asyncio.Future()", ["ANN-001"]),
        (
            """
            body = {"runtime": "p", "version": "1", "name": "n", "os": "l", "pid": 1}
            register = {"function_id": "engine::workers::register", "data": body}
            await socket.send(json.dumps({"type": "invokefunction", **register}))
            await socket.send(json.dumps({"type": "registerfunction", "id": "a::b"}))
            async for raw in socket:
                call = json.loads(raw)
                if call.get("invocation_id"):
                    ids = {k: call[k] for k in ("invocation_id", "function_id")}
                    error = {"code": "no", "message": "no"}
                    answer = {"type": "invocationresult", **ids, "error": error}
                    await socket.send(json.dumps(answer))
            """,
            ["INV-014", "INV-037"],
        ),
    ],
    ids=["silent", "always an error"],
)
def test_an_impostor_fails_by_what_it_does_and_not_by_all_that_follows(
    pytester: pytest.Pytester, body: str, failed: list[str]
) -> None:
    result = judge(pytester, worker(pytester, body))

    assert result.ret == 1
    assert closing(result)["failed"] <= len(failed) + 1  # RDY-001 where it ends during a trial
    result.stdout.fnmatch_lines([f"*FAIL*{requirement}*" for requirement in failed])


@pytest.mark.parametrize("command", ["sleep 60", "true"])
def test_what_is_no_worker_gets_one_failure_and_passes_nothing(
    pytester: pytest.Pytester, command: str
) -> None:
    result = judge(pytester, command)

    counts = closing(result)
    assert result.ret == 1
    assert (counts["failed"], counts["passed"]) == (1, 0)
    result.stdout.fnmatch_lines(["*needs CON-001: failed: *"])


def test_a_failure_is_told_in_full(pytester: pytest.Pytester) -> None:
    command = f"{sys.executable} -m tests.mutants ReadsNumeralsAsNumbers"

    result = judge(pytester, command, "--requirement", "INV-009")

    assert result.ret == 1
    result.stdout.fnmatch_lines(
        [
            "*INV-009 MUST: A worker must take any JSON value as data*",
            "*source:*InvokeFunction*",
            "*expected:*unchanged*",
            "*seen:*",
            "*the conversation:*",
            "*> *worker → engine*",
            "*next:*",
            "*again: *pytest --worker-cmd=*ReadsNumeralsAsNumbers* --requirement INV-009",
        ]
    )


def test_a_should_is_a_warning_and_a_failure_under_strict(pytester: pytest.Pytester) -> None:
    command = f"{sys.executable} -m tests.mutants LeavesNullOut"

    mild = judge(pytester, command, "--requirement", "INV-025")
    strict = judge(pytester, command, "--requirement", "INV-025", "--strict")

    assert (mild.ret, strict.ret) == (0, 1)
    assert closing(mild)["warnings"] == 1


def test_known_failures_pass_and_fixed_ones_fail(pytester: pytest.Pytester) -> None:
    known = pytester.makefile(
        ".yaml", known="known-failures:\n  - {id: SHD-007, reason: it never says goodbye}\n"
    )
    arguments = ("--known-failures", str(known), "--requirement", "SHD-007")

    listed = judge(pytester, f"{sys.executable} -m tests.mutants LeavesWithoutAWord", *arguments)
    fixed = judge(pytester, ECHO, *arguments, "--update-known-failures")

    assert (listed.ret, fixed.ret) == (0, 1)
    listed.stdout.fnmatch_lines(["*it never says goodbye*"])
    fixed.stdout.fnmatch_lines(
        ["*fixed: it passes now*", "*known.yaml: SHD-007 was taken off the list*"]
    )
    assert "SHD-007" not in known.read_text()


def test_what_is_excluded_is_never_invoked(pytester: pytest.Pytester) -> None:
    """The worker writes the functions that are invoked to a file."""
    log = pytester.path / "invoked"
    command = worker(
        pytester,
        f"""
        body = {{"runtime": "p", "version": "1", "name": "n", "os": "l", "pid": 1}}
        register = {{"function_id": "engine::workers::register", "data": body}}
        await socket.send(json.dumps({{"type": "invokefunction", **register}}))
        for name in ("shop::order", "shell::run"):
            await socket.send(json.dumps({{"type": "registerfunction", "id": name}}))
        async for raw in socket:
            call = json.loads(raw)
            if call["type"] == "invokefunction":
                with open({str(log)!r}, "a") as file:
                    print(call["function_id"], json.dumps(call["data"]), file=file)
                ids = {{k: call[k] for k in ("invocation_id", "function_id")}}
                answer = {{"type": "invocationresult", **ids, "result": None}}
                await socket.send(json.dumps(answer))
        """,
    )
    pytester.makefile(
        ".yaml",
        conformance="exclude: ['shell::*']\nfunctions:\n  shop::order: {examples: [{tea: 1}]}\n",
    )

    judge(pytester, command, "--requirement", "INV-01*")
    told = log.read_text().splitlines()
    log.unlink()
    without = judge(pytester, command, "--requirement", "INV-001", "--no-invoke")

    assert 'shop::order {"tea": 1}' in told
    assert not [line for line in told if line.startswith("shell::run")]
    assert not [line for line in log.read_text().splitlines() if not line.startswith("conformance")]
    without.stdout.fnmatch_lines(["*shop::order is not invoked: --no-invoke*"])


def test_a_configuration_may_name_the_worker(pytester: pytest.Pytester) -> None:
    pytester.makefile(".yaml", mine=f"worker-cmd: {ECHO}\nprotocol: '0.11'\n")
    pytester.makefile(".yaml", other="level: full\n")
    arguments = ("-p", "no:cacheprovider", "-p", "no:xdist", "--requirement", "REC-006")

    named = pytester.runpytest_subprocess(*arguments, "--conformance-config=mine.yaml")
    unnamed = pytester.runpytest_subprocess(*arguments, "--conformance-config=other.yaml")

    named.stdout.fnmatch_lines(["*rule of protocol versions since 0.22; asked for with*0.11*"])
    assert unnamed.ret == 4
    unnamed.stderr.fnmatch_lines(["*other.yaml has no `worker-cmd`*"])


def test_junit_carries_the_verdict(pytester: pytest.Pytester) -> None:
    judge(pytester, ECHO, "--requirement", "CON-003", "--junitxml=out.xml")

    report = (pytester.path / "out.xml").read_text()
    for name, value in {"requirement": "CON-003", "level": "MUST", "verdict": "passed"}.items():
        assert f'<property name="{name}" value="{value}"' in report


def verdicts(folder: Path) -> dict[str, str]:
    """The verdicts in a report that matches its schema and has all its files."""
    report = json.loads((folder / "report.json").read_text("utf-8"))
    Draft202012Validator(schema(SCHEMA)).validate(report)
    for told in report["verdicts"]:
        for run in told["evidence"]["runs"]:
            assert (folder / "transcripts" / f"{run}.ndjson").is_file()
            assert (folder / "logs" / f"{run}.log").is_file()
    assert report["subject"]["functions"]
    return {told["id"]: told["outcome"] for told in report["verdicts"]}


@pytest.mark.parametrize("spread", [("-p", "no:xdist"), ("-n", "2")], ids=["alone", "xdist"])
def test_a_report_is_complete(pytester: pytest.Pytester, spread: tuple[str, str]) -> None:
    command = f"{sys.executable} -m tests.mutants ReadsNumeralsAsNumbers"
    chosen = ("--requirement=INV-009", "--requirement=CON-00[13]")
    plain = ("-p", "no:cacheprovider", f"--worker-cmd={command}", "--conformance-report=out")

    result = pytester.runpytest_subprocess(*plain, *spread, *chosen, timeout=120)

    assert result.ret == 1
    outcomes = dict.fromkeys(("CON-001", "CON-003"), "passed")
    assert verdicts(pytester.path / "out") == outcomes | {"INV-009": "failed"}
    result.stdout.fnmatch_lines(["report: out/report.html"])


@pytest.mark.parametrize("spread", [("-p", "no:xdist"), ("-n", "1")], ids=["alone", "xdist"])
def test_a_worker_hears_sigint_though_the_run_ignores_it(
    pytester: pytest.Pytester, spread: tuple[str, str]
) -> None:
    """As in a run that a shell started in the background: ``pytest … &``."""
    file = pytester.makepyfile(
        background="import os, signal, sys\n"
        "signal.signal(signal.SIGINT, signal.SIG_IGN)\n"
        "os.execv(sys.executable, [sys.executable, *sys.argv[1:]])\n"
    )
    worker = f"--worker-cmd={sys.executable} -m tests.impostors knows_nothing"
    chosen = (worker, "--requirement=SHD-003", "-p", "no:cacheprovider")

    result = pytester.run(sys.executable, file, "-m", "pytest", "-v", *spread, *chosen, timeout=120)

    result.stdout.fnmatch_lines(["*pass*SHD-003*"])


def test_it_works_under_xdist(pytester: pytest.Pytester) -> None:
    result = pytester.runpytest_subprocess(
        "-p",
        "no:cacheprovider",
        "-n",
        "2",
        f"--worker-cmd={ECHO}",
        "--requirement",
        "CON-00[12]",
        "--requirement",
        "ANN-00[1-4]",
        timeout=120,
    )

    assert result.ret == 0
    assert closing(result)["passed"] == 6
