"""``python -m reference_workers``: starting, watching, stopping, and errors for mistakes."""

from __future__ import annotations

import asyncio
import contextlib
import io
import signal
import socket
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from mock_engine.testing import LocalEngine
from reference_workers.system import display
from reference_workers.system.commands import main
from reference_workers.system.folder import Folder, alive, own_identity
from reference_workers.system.process import Phase, Supervised
from reference_workers.system.restarts import LONGEST_DELAY, MOST_FAILURES, SERVED_AFTER, Restarts
from reference_workers.system.roster import ROSTER, UnknownWorker, chosen
from tests.reference_workers.systems import FREE, command, system

FEW = ("embedding", "memory")


# -- as a user sees it ---------------------------------------------------------------------------


def test_it_starts_tells_and_stops_in_reverse_order(tmp_path: Path) -> None:
    with system(tmp_path, *FREE) as there:
        there.until("ready: 13 workers")
        there.until("ready: http://")
        status = there.run("status")
        assert status.returncode == 0
        assert all(name in status.stdout for name in (*ROSTER, "engine"))
        assert "starting" not in status.stdout

        said = there.run("chat", "What is 6 * 7?")
        assert (said.returncode, said.stdout) == (0, "math::evaluate says: 42\n")
        assert "math::evaluate: done" in said.stderr
        assert there.run("chat", "Hello", "--agent", "nobody").returncode == 1
        assert "connected to" in there.run("logs", "api").stdout
        assert there.run("logs", "apy").returncode == 2

        second = there.run("start", *FREE)
        assert (second.returncode, "runs already" in second.stderr) == (2, True)

        there.kill("memory")
        assert "memory" in there.run("status").stdout
        assert there.run("chat", "What is 6 * 7?").stdout == "math::evaluate says: 42\n"

        assert there.run("stop").stdout == "stopped\n"
        assert there.process.wait(60) == 0
        assert there.run("status").returncode == 1
        assert there.run("stop").returncode == 1
        there.until("engine: stopped")
    stopped = [line.partition(":")[0] for line in there.lines if line.endswith(": stopped")]
    assert stopped == [*reversed(ROSTER), "engine"]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_it(number: signal.Signals, tmp_path: Path) -> None:
    with system(tmp_path, *FEW, *FREE) as there:
        there.until("ready: 2 workers")
        there.process.send_signal(number)
        assert there.process.wait(60) == 0


def test_on_an_engine_that_runs(tmp_path: Path) -> None:
    with LocalEngine() as engine, system(tmp_path, "embedding", "--url", engine.url) as there:
        there.until("ready: 1 workers at")
        assert "embedding::generate" in engine.functions()
        assert "engine" not in [row["name"] for row in there.told()["processes"]]


def test_a_worker_that_dies_at_once_ends_it_with_what_it_wrote(tmp_path: Path) -> None:
    with system(tmp_path, "embedding", "llm_router", *FREE, LLM_PROVIDERS="{") as there:
        assert there.process.wait(60) == 1
    text = "\n".join(there.lines)
    assert "error: llm_router could not be kept up, exit code 2" in text
    assert "LLM_PROVIDERS is no JSON" in text


def test_a_taken_name_ends_it_with_what_the_engine_said(tmp_path: Path) -> None:
    with LocalEngine() as engine:
        (tmp_path / "a").mkdir()
        (tmp_path / "b").mkdir()
        with system(tmp_path / "a", "embedding", "--url", engine.url) as first:
            first.until("ready: 1 workers")
            with system(tmp_path / "b", "embedding", "--url", engine.url) as second:
                second.until("embedding: waiting")


def test_what_a_killed_supervisor_left_is_stopped(tmp_path: Path) -> None:
    with system(tmp_path, *FEW, *FREE) as there:
        there.until("ready: 2 workers")
        left = [alive(row) for row in there.told()["processes"]]
        assert all(left)
        there.process.kill()
        there.process.wait(60)
        assert there.run("status").returncode == 1
        assert there.run("stop").stdout == "stopped\n"
        assert [alive(row) for row in there.told()["processes"]] == [None] * 3


def test_mistakes_are_told_with_what_to_do(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        mistakes: list[tuple[tuple[str, ...], str]] = [
            (("start", "memry"), "did you mean `memory`?"),
            (("start", "--port", port), f"port {port} cannot be used"),
            (("start", "--port", "x"), "is no port"),
            (("start", "--url", "ws://127.0.0.1:1"), "no engine at ws://127.0.0.1:1"),
            (("start", "--url", "http://a"), "expected an address"),
            (("chat", "Hello", "--url", "ws://127.0.0.1:1"), "start` starts one"),
            (("logs", "api"), "api has not run in"),
        ]
        for words, told in mistakes:
            done = command(tmp_path, *words)
            assert (done.returncode, done.stdout) == (2, ""), words
            assert told in done.stderr
            assert "Traceback" not in done.stderr


def test_without_wasmtime_the_sandbox_is_left_out(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("reference_workers.system.commands._installed", lambda package: False)

    assert main(["start", "sandbox", "--folder", str(tmp_path), *FREE]) == 2
    assert "pip install 'iii-conformance[agents]'" in capsys.readouterr().err


# -- its parts -----------------------------------------------------------------------------------


def test_names_come_in_the_order_of_the_roster() -> None:
    assert chosen([]) == list(ROSTER)
    assert chosen(["api", "memory"]) == ["memory", "api"]
    with pytest.raises(UnknownWorker, match="no worker `x`"):
        chosen(["x"])


def test_waits_grow_and_failures_in_a_row_are_counted() -> None:
    restarts = Restarts()
    assert [restarts.ended(1, 0) for _ in range(MOST_FAILURES)] == [0.5, 1.0, 2.0, 4.0]
    assert restarts.ended(1, 0) is None
    restarts = Restarts()
    delays = [restarts.ended(-9, SERVED_AFTER) for _ in range(20)]
    assert set(delays) == {0.5}
    assert restarts.count == 20
    assert max(filter(None, delays)) <= LONGEST_DELAY
    assert Restarts().ended(2, 0) is None
    assert Restarts().ended(2, 1) == 0.5


def test_an_identity_is_more_than_a_number() -> None:
    mine = own_identity()
    assert alive(mine) is not None
    assert alive(mine | {"born": 1.0}) is None
    assert alive({"pid": None}) is None
    assert alive({}) is None


def test_a_folder_without_a_system_has_none(tmp_path: Path) -> None:
    folder = Folder(tmp_path)
    assert folder.running() is None
    (tmp_path / "system.json").write_text("{")
    assert folder.read() is None
    folder.write({"pid": 1, "born": 1.0})
    assert (folder.read(), folder.running()) == ({"pid": 1, "born": 1.0}, None)
    assert folder.tail("api", 3) == []


def test_a_program_that_is_none_is_given_up(tmp_path: Path) -> None:
    async def run() -> Supervised:
        states: list[Phase] = []
        process = Supervised("x", {}, tmp_path / "x.log", lambda p: states.append(p.state))
        process.command = ("none-such-program",)
        await process.keep_up()
        await process.stop()
        assert states == [Phase.FAILED]
        return process

    process = asyncio.run(run())

    assert (process.state, process.pid, process.exit_code) == (Phase.FAILED, None, 127)
    assert "cannot be started" in (tmp_path / "x.log").read_text()


def test_a_process_that_ignores_signals_is_killed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("reference_workers.system.process.STOPPING", 0.05)
    deaf = (
        "import signal; signal.signal(15, signal.SIG_IGN); print('on', flush=True); signal.pause()"
    )

    async def run() -> None:
        heard = asyncio.Event()
        process = Supervised("x", {}, tmp_path / "x.log", lambda p: None)
        process.command = (sys.executable, "-c", deaf)
        process.on_line = lambda line: heard.set()
        keeping = asyncio.ensure_future(process.keep_up())
        await heard.wait()
        await process.stop()
        await keeping
        assert (process.state, process.pid) == (Phase.STOPPED, None)

    asyncio.run(run())


ROW: Any = SimpleNamespace(
    name="api", state=Phase.READY, pid=7, functions=3, restarts=Restarts(count=1)
)


def test_a_terminal_gets_a_table(monkeypatch: pytest.MonkeyPatch) -> None:
    console = pytest.importorskip("rich.console", reason="the extra `agents` is not installed")
    from rich import live

    written = io.StringIO()
    made = console.Console(file=written, force_terminal=True, width=80)
    monkeypatch.setattr(live, "get_console", lambda: made)
    monkeypatch.setattr("sys.stdout.isatty", lambda: True, raising=False)

    with display.best_display() as shown:
        assert isinstance(shown, display.LiveTable)
        shown.show(ROW, [ROW])
        shown.say("a [word]")

    assert "restarts" in written.getvalue()
    assert "a [word]" in written.getvalue()


def test_elsewhere_there_are_plain_lines(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.stdout.isatty", lambda: False, raising=False)

    with display.best_display() as shown, contextlib.nullcontext():
        shown.show(ROW, [ROW])

    assert capsys.readouterr().out == "api: ready, pid 7, 3 functions\n"
    table = display.plain_table([display.cells(ROW)])
    assert table.splitlines()[1] == "api   ready  7    3          1"
