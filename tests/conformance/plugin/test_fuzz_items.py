"""Fuzzing as its users see it: options, output, files, shared campaigns."""

from __future__ import annotations

import json
import os
import shlex
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
import redis
from hypothesis.extra.redis import RedisExampleDatabase

from conformance.fuzz.campaign.defect import Defect, ReplayStep
from conformance.fuzz.campaign.oracles import Kind, Suspicion
from conformance.fuzz.campaign.progress import LONGEST, file_command
from conformance.fuzz.campaign.store import save_calls
from conformance.fuzz.search.corpus import Corpus

pytest_plugins = ["pytester"]

ROOT = Path(__file__).parent.parent.parent.parent
PLANTED = f"{sys.executable} -m benchmarks.planted"


@pytest.fixture(autouse=True)
def _on_path(monkeypatch: pytest.MonkeyPatch) -> None:
    path = os.pathsep.join(filter(None, (str(ROOT), os.environ.get("PYTHONPATH"))))
    monkeypatch.setenv("PYTHONPATH", path)


def run(pytester: pytest.Pytester, worker: str, *more: str) -> pytest.RunResult:
    options = ("-p", "no:cacheprovider", f"--worker-cmd={worker}", *more)
    return pytester.runpytest_subprocess(*options, timeout=180)


def test_a_finding_is_told_with_a_command_that_shows_it_again(pytester: pytest.Pytester) -> None:
    result = run(pytester, f"{PLANTED} empty_list", "--fuzz=300", "--fuzz-seed=5")

    assert result.ret == 1
    result.stdout.fnmatch_lines(
        [
            "*1. planted::empty_list: an unexpected exception*FAIL*reproduced*",
            '*input:*{"values":?]}',
            "*seen:*ZeroDivisionError*",
            "*again:*python -m conformance invoke*",
            "*fuzzing: 300 invocations of 1 function in*(seed 5): 1 finding*",
        ]
    )
    (again,) = [line for line in result.outlines if "again:" in line]
    command = again.partition("again:")[2].strip().replace("python", sys.executable, 1)
    shown = subprocess.run(["sh", "-c", command], capture_output=True, text=True, timeout=60)
    assert shown.returncode == 1
    assert "ZeroDivisionError" in shown.stdout


def test_a_worker_without_mistakes_passes(pytester: pytest.Pytester) -> None:
    worker = f"{sys.executable} -m reference_workers.echo"
    result = run(pytester, worker, "--fuzz=300", "--fuzz-function=conformance::echo")

    assert result.ret == 0
    result.stdout.fnmatch_lines(["*0 findings; that none was found does not mean*"])


def test_counterexamples_are_replayed_until_they_are_fixed(pytester: pytest.Pytester) -> None:
    options = ("--fuzz=200", "--fuzz-seed=5", "--fuzz-corpus=corpus")
    run(pytester, f"{PLANTED} empty_list", *options)
    (file,) = (pytester.path / "corpus").glob("*.yaml")
    still = run(pytester, f"{PLANTED} empty_list", *options)
    fixed_worker = pytester.path / "fixed.py"
    fixed_worker.write_text(
        "import asyncio, os\nfrom benchmarks import planted\n"
        "one = planted.PLANTED['empty_list']\n"
        "fixed = planted.Planted(lambda data, state: {'mean': 0}, one.request, one.response)\n"
        "asyncio.run(planted.serve(os.environ['III_URL'], {'planted::empty_list': fixed}))\n"
    )
    fixed = run(pytester, f"{sys.executable} {fixed_worker}", *options)

    assert still.ret == 1
    still.stdout.fnmatch_lines(["*STILL FAILING*"])
    assert fixed.ret == 0
    fixed.stdout.fnmatch_lines(["*FIXED*"])
    assert file.is_file()


def test_a_counterexample_is_a_scenario(pytester: pytest.Pytester) -> None:
    options = ("--fuzz=200", "--fuzz-seed=5", "--fuzz-corpus=corpus")
    run(pytester, f"{PLANTED} null_root", *options, "--timeout-factor=0.2")
    (file,) = (pytester.path / "corpus").glob("*.yaml")

    result = run(pytester, f"{PLANTED} null_root", f"--scenario={file}", "--timeout-factor=0.2")

    assert result.ret == 1
    result.stdout.fnmatch_lines(["*planted::null_root: no reply*"])


@pytest.mark.parametrize(
    ("option", "complaint"),
    [
        ("--fuzz=soon", "*give a time, as in 60s or 5m, or a number of invocations*"),
        ("--fuzz=0", "*give a time*"),
        ("--fuzz-seed=5", "*is of use only with --fuzz*"),
        ("--fuzz-stateful=0", "*give a number of examples above 0*"),
    ],
)
def test_bad_options_are_told(pytester: pytest.Pytester, option: str, complaint: str) -> None:
    result = run(pytester, f"{PLANTED} empty_list", option)

    assert result.ret == 4
    result.stderr.fnmatch_lines([complaint])


def test_a_pattern_that_matches_nothing_is_told(pytester: pytest.Pytester) -> None:
    result = run(pytester, f"{PLANTED} empty_list", "--fuzz=9", "--fuzz-function=nobody::*")

    result.stdout.fnmatch_lines(["*no function matches nobody::*planted::empty_list*"])


def test_a_distributed_run_shares_its_campaign_out(pytester: pytest.Pytester) -> None:
    options = ("--fuzz=600", "--fuzz-seed=5", "-n", "2", "--fuzz-corpus=corpus")
    result = run(pytester, f"{PLANTED} empty_list", *options)

    assert result.ret == 1
    result.stdout.fnmatch_lines(["*fuzzing: 300 invocations*", "*fuzzing: 300 invocations*"])


# -- Redis ---------------------------------------------------------------------------------------


@pytest.fixture
def server(tmp_path: Path) -> Iterator[str]:
    """The address of a Redis server for one test."""
    program = shutil.which("redis-server")
    if program is None:
        pytest.skip("redis-server is not installed; .ci/run installs it")
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = int(free.getsockname()[1])
    quiet = ("--save", "", "--appendonly", "no", "--dir", str(tmp_path), "--bind", "127.0.0.1")
    process = subprocess.Popen([program, "--port", str(port), *quiet], stdout=subprocess.PIPE)
    try:
        assert process.stdout is not None
        for line in process.stdout:
            if b"Ready to accept connections" in line:
                break
        yield f"redis://127.0.0.1:{port}/0"
    finally:
        process.terminate()
        process.communicate()


def test_runners_share_what_they_find_through_redis(pytester: pytest.Pytester, server: str) -> None:
    options = ("--fuzz=400", f"--fuzz-database={server}", "--fuzz-window=8")
    workers = [f"{PLANTED} serde_list", f"{PLANTED} serde_list"]
    runs = [
        subprocess.Popen(
            [sys.executable, "-m", "pytest", "-q", f"--worker-cmd={worker}", *options,
             f"--fuzz-seed={seed}", "--timeout-factor=0.2"],
            cwd=pytester.path, stdout=subprocess.DEVNULL,
        )
        for seed, worker in enumerate(workers)
    ]  # fmt: skip
    for one in runs:
        assert one.wait(120) in (0, 1)

    known = Corpus(RedisExampleDatabase(redis.Redis.from_url(server))).inputs()
    assert len(known) > 5
    again = run(pytester, workers[0], *options, "--fuzz-seed=9", "--timeout-factor=0.2")
    again.stdout.fnmatch_lines(["*planted::serde_list: no reply*"])


def test_a_redis_that_is_not_there_is_told(pytester: pytest.Pytester) -> None:
    result = run(
        pytester, f"{PLANTED} empty_list", "--fuzz=9", "--fuzz-database=redis://127.0.0.1:1"
    )

    assert result.ret == 4
    result.stderr.fnmatch_lines(["*--fuzz-database: redis://127.0.0.1:1 cannot be used*"])


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_what_was_found_is_kept_when_the_run_is_ended(
    pytester: pytest.Pytester, number: signal.Signals
) -> None:
    corpus, report = pytester.path / "corpus", pytester.path / "out"
    words = ("-p", "no:cacheprovider", "-p", "no:xdist", f"--worker-cmd={PLANTED} empty_list")
    fuzzing = ("--fuzz=10m", "--fuzz-corpus=corpus", "--conformance-report=out")
    command = (sys.executable, "-m", "pytest", *words, *fuzzing)
    with subprocess.Popen(command, cwd=pytester.path, stdout=subprocess.PIPE, text=True) as run:
        while not list(corpus.glob("*.yaml")):  # it is written when found, long before the end
            with suppress(subprocess.TimeoutExpired):
                assert run.wait(0.05) is None
        run.send_signal(number)
        output = run.communicate(timeout=60)[0]

    assert run.returncode == pytest.ExitCode.INTERRUPTED
    assert "1. planted::empty_list: an unexpected exception" in output
    assert "interrupted" in output
    (verdict,) = json.loads((report / "report.json").read_text())["verdicts"]
    assert verdict["outcome"] == "failed"
    events = [json.loads(line) for line in (report / "events.ndjson").read_text().splitlines()]
    assert [e["function_id"] for e in events if e["event"] == "finding"] == ["planted::empty_list"]


def test_a_long_command_has_its_invocations_in_a_file(pytester: pytest.Pytester) -> None:
    data = json.dumps({"values": [], "note": "x" * 2000})
    step = ReplayStep("planted::empty_list", data)
    finding = Defect(Suspicion(Kind.EXCEPTION, step.function_id, "", "", ""), (step,), True)
    worker = f"{PLANTED} empty_list"

    file = save_calls(pytester.path, finding)
    command = shlex.split(file_command(file, worker))
    shown = pytester.run(sys.executable, *command[1:])

    assert len(shlex.join(command)) < LONGEST
    assert shown.ret == 1
    shown.stdout.fnmatch_lines(["*ZeroDivisionError*"])
