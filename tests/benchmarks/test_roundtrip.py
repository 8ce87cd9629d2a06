"""The benchmark runs, counts every reply, and says when one is missing. It asserts no time."""

from __future__ import annotations

import pytest

from benchmarks.roundtrip import main


def test_every_reply_of_both_sides_is_counted(capsys: pytest.CaptureFixture[str]) -> None:
    code = main(["--calls", "200", "--rounds", "1", "--in-flight", "1", "64"])

    rows = [line.split() for line in capsys.readouterr().out.splitlines()]
    measured = [row for row in rows if row[1] in ("mock", "router")]
    assert code == 0
    assert [(row[0], row[1], row[-1]) for row in measured] == [
        ("1", "mock", "0"),
        ("1", "router", "0"),
        ("64", "mock", "0"),
        ("64", "router", "0"),
    ]
