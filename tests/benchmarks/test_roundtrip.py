"""The benchmark runs, counts every reply, and says when one is missing. It asserts no time."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks import startup
from benchmarks.roundtrip import BEFORE, DIRECT, SIDES, main, started


def test_every_reply_of_every_side_is_counted(capsys: pytest.CaptureFixture[str]) -> None:
    here = str(Path(__file__).parents[2])
    code = main(["--checkout", here, "--calls", "200", "--rounds", "1", "--in-flight", "1", "64"])

    rows = capsys.readouterr().out.splitlines()[1:]
    names = [*SIDES, BEFORE, DIRECT]
    assert code == 0
    assert [(row[:9].strip(), row[11:39].strip(), row.split()[-1]) for row in rows] == [
        (in_flight, name, "0") for in_flight in ("1", "64") for name in names
    ]


def test_of_a_hundred_thousand_calls_none_is_lost(capsys: pytest.CaptureFixture[str]) -> None:
    with started(SIDES["mock"]) as side:
        code = main(["--url", side.url, "--calls", "100000", "--rounds", "1", "--in-flight", "64"])

    measured, direct = (line.split() for line in capsys.readouterr().out.splitlines()[1:])
    assert code == 0
    assert measured[-1] == direct[-1] == "0"


def test_a_start_is_measured_beside_the_interpreter(capsys: pytest.CaptureFixture[str]) -> None:
    code = startup.main(["--rounds", "1"])

    rows = capsys.readouterr().out.splitlines()[1:]
    assert code == 0
    assert [row[:16].strip() for row in rows] == ["mock engine", "asyncio server", "python"]


@pytest.mark.parametrize(
    "wrong",
    [
        ["--url", "http://127.0.0.1:1"],
        ["--url", "127.0.0.1:1"],
        ["--checkout", "/no/such/folder"],
        ["--calls", "0"],
        ["--in-flight", "none"],
        [part for _ in range(3) for part in ("--url", "ws://127.0.0.1:1")],
    ],
)
def test_a_wrong_option_is_told(wrong: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="2"):
        main(wrong)

    assert "error: " in capsys.readouterr().err


def test_an_engine_that_is_not_there_is_told(capfd: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="ended before it was ready"):
        main(["--url", "ws://127.0.0.1:1", "--rounds", "1"])

    told = capfd.readouterr().err
    assert "no engine to connect to at ws://127.0.0.1:1" in told
    assert "Traceback" not in told
