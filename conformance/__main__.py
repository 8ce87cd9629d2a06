"""``iii-conformance``, which is ``python -m conformance`` as well.

Exit codes: 0 when all is well, 1 when something wrong was found, 2 for a mistake in the command or
in a file that it names. Commands that judge with pytest (judge, fuzz, replay) have pytest's codes,
where 4 is a mistake in the command.
"""

from __future__ import annotations

import argparse
import sys
from importlib import metadata
from pathlib import Path

from conformance.commands import COMMANDS, Command
from conformance.errors import UsageError

SCRIPT = "iii-conformance"
DISTRIBUTION = "iii-conformance"
HELP = ("-h", "--help")
JUDGE = "judge"

EPILOG = """\
`judge` may be left out: %(prog)s -- python my_worker.py
`%(prog)s COMMAND --help` shows the options of a command.
"""


def main(arguments: list[str] | None = None) -> int:
    """Run one command and return its exit code; without a command, print the help."""
    words = list(sys.argv[1:] if arguments is None else arguments)
    if not words:
        parser().print_help()
        return 0
    if words[0].startswith("-") and words[0] not in (*HELP, "--version"):
        words.insert(0, JUDGE)
    try:
        return _run(words)
    except UsageError as fault:
        print(f"error: {fault}", file=sys.stderr)
        return 2


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
    """What was typed to get here, and can be typed again."""
    return SCRIPT if Path(sys.argv[0]).stem == SCRIPT else "python -m conformance"


def version() -> str:
    """The version of the installed package."""
    try:
        return metadata.version(DISTRIBUTION)
    except metadata.PackageNotFoundError:
        return "(a checkout that is not installed)"


def _run(words: list[str]) -> int:
    from conformance.subject.process import undo_ignored_interrupts

    command = COMMANDS.get(words[0])
    chosen = parser(only=command)
    if command is not None and command.passes_on:
        before = words[1 : words.index("--")] if "--" in words else words[1:]
        if any(word in HELP for word in before):
            chosen.print_help()
            return 0
        options = argparse.Namespace(run=chosen.get_default("run"), words=words[1:])
    else:
        options = chosen.parse_args(words)
    undo_ignored_interrupts()
    return int(options.run(options))


if __name__ == "__main__":
    sys.exit(main())
