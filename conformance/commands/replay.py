"""``replay``: play scenarios at a worker, as ``pytest --scenario`` does."""

from __future__ import annotations

import argparse
import subprocess
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from conformance.commands.parsing import Commands

USAGE, PYTEST_USAGE = 2, 4
"""Exit codes for a mistake in the command, here and with pytest."""


def add(commands: Commands) -> None:
    """Declare the command."""
    replay = commands.add_parser(
        "replay",
        help="play a scenario at a worker",
        description="The same as `pytest --scenario FILE` with the options that follow.",
        usage="python -m conformance replay FILE --worker-cmd=COMMAND [pytest's options]",
    )
    replay.add_argument("file", help="a file, a folder, or `shipped`")
    replay.add_argument("options", nargs=argparse.REMAINDER, help=argparse.SUPPRESS)
    replay.set_defaults(run=_replay)


def _replay(options: argparse.Namespace) -> int:
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider"]
    code = subprocess.call([*command, f"--scenario={options.file}", *options.options])  # noqa: S603 - pytest, with the user's own options
    return USAGE if code == PYTEST_USAGE else code
