"""The profile of a call has all of its parts. It asserts no time."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks import hot_path


def test_the_time_of_a_call_is_shared_out(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hot_path, "CALLS", 10)
    here = str(Path(__file__).parents[2])

    assert hot_path.main(["--rounds", "1", "--checkout", here]) == 0

    heads, *rows = capsys.readouterr().out.splitlines()
    assert heads.split() == ["engine", "before"]
    assert {row[:12].strip() for row in rows} == {
        *("all of it", "frames", "messages", "core", "passing on"),
    }
