"""Completion for shells."""

from __future__ import annotations

import shutil
import subprocess

import pytest

from conformance.__main__ import main
from conformance.commands import COMMANDS
from conformance.commands.completion import SHELLS


@pytest.mark.parametrize("shell", SHELLS)
def test_every_command_and_the_suites_options_are_completed(
    shell: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["completion", shell]) == 0

    text = capsys.readouterr().out
    assert [name for name in COMMANDS if name not in text] == []
    assert "worker-image" in text


@pytest.mark.skipif(shutil.which("bash") is None, reason="takes bash")
def test_bash_completes_a_command(capsys: pytest.CaptureFixture[str]) -> None:
    main(["completion", "bash"])
    script = capsys.readouterr().out
    words = "COMP_WORDS=(iii-conformance doc); COMP_CWORD=1"
    ask = f'{words}; _shtab_iii_conformance; echo "${{COMPREPLY[@]}}"'

    done = subprocess.run(["bash", "-c", f"{script}\n{ask}"], capture_output=True, text=True)

    assert done.stdout.split() == ["doctor", "docs"]
