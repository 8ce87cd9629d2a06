"""The argument parser of all commands."""

from __future__ import annotations

import argparse
import sys
from importlib import metadata
from pathlib import Path

from conformance.commands import COMMANDS, Command

SCRIPT = "iii-conformance"
DISTRIBUTION = "iii-conformance"

EPILOG = """\
`judge` may be left out: %(prog)s -- python my_worker.py
`%(prog)s COMMAND --help` shows the options of a command.
"""


def parser(*, whole: bool = False, only: Command | None = None) -> argparse.ArgumentParser:
    """The parser of all commands; arguments are declared for ``only`` one, or for the ``whole``."""
    top = argparse.ArgumentParser(
        prog=program(),
        description="Judges whether a worker, in any language, is a correct citizen of the iii "
        "engine.",
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    top.add_argument("--version", action="version", version=f"{DISTRIBUTION} {version()}")
    commands = top.add_subparsers(required=True, metavar="COMMAND", title="commands")
    for command in COMMANDS.values():
        own = commands.add_parser(
            command.name,
            help=command.summary,
            description=f"{command.summary.capitalize()}.",
            allow_abbrev=False,
        )
        if whole or command is only:
            command.declare(own)
            if only is not None and only.passes_on:
                return own
    return top


def program() -> str:
    """What was typed to run this program, and can be typed again."""
    return SCRIPT if Path(sys.argv[0]).stem == SCRIPT else "python -m conformance"


def version() -> str:
    """The version of the installed package."""
    try:
        return metadata.version(DISTRIBUTION)
    except metadata.PackageNotFoundError:
        return "(a checkout that is not installed)"
