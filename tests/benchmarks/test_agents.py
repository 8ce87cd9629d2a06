from __future__ import annotations

import pytest

from benchmarks import agents

IN_FLIGHT = ("1", "3")


def test_chats_are_counted_beside_the_model_alone(capsys: pytest.CaptureFixture[str]) -> None:
    code = agents.main(["--chats", "8", "--rounds", "1", "--in-flight", *IN_FLIGHT])

    rows = [line.split() for line in capsys.readouterr().out.splitlines()[1:]]
    assert code == 0
    assert [row[0] for row in rows] == ["1", "1", "3", "3"]
    assert [row[1] for row in rows] == ["chat", "model", "chat", "model"]
    assert {row[-1] for row in rows} == {"0"}


def test_a_wrong_answer_is_an_error(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(agents, "ANSWER", "another")

    assert agents.main(["--chats", "4", "--rounds", "1", "--in-flight", "1"]) == 1
    chat = capsys.readouterr().out.splitlines()[1].split()
    assert (chat[1], chat[-1]) == ("chat", "4")


def test_an_engine_that_is_none_is_a_usage_error(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        agents.main(["--url", "nowhere"])

    assert ended.value.code == 2
    assert "is no engine" in capsys.readouterr().err
