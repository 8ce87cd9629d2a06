"""Runs the clients of package registries."""

from __future__ import annotations

import subprocess
from pathlib import Path


def run(*words: str, folder: str | Path | None = None) -> str:
    """The output of a command.

    Raises:
        RuntimeError: the command failed; the text has its output.
    """
    done = subprocess.run(words, cwd=folder, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"{' '.join(words)}: {done.stderr}")
    return done.stdout
