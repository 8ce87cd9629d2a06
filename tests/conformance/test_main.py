"""The console script."""

from __future__ import annotations

import pytest

from conformance.__main__ import main
from conformance.commands import COMMANDS


def test_without_a_command_it_helps(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([]) == 0
    text = capsys.readouterr().out
    assert [name for name in COMMANDS if f"    {name} " not in text.replace("\n", " \n")] == []


def test_it_knows_its_version(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="0"):
        main(["--version"])

    assert capsys.readouterr().out.startswith("iii-conformance 0.")


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_helps(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    try:
        code = main([name, "--help"])
    except SystemExit as end:
        code = int(str(end.code))

    assert code == 0
    assert f"{name} " in capsys.readouterr().out


def test_an_unknown_command_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="2"):
        main(["jugde"])

    assert "invalid choice: 'jugde'" in capsys.readouterr().err


def test_a_mistake_in_a_command_is_told_with_code_2(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["explain", "NOPE-001"]) == 2
    assert "NOPE-001" in capsys.readouterr().err
