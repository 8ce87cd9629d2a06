"""``iii-conformance``, which is ``python -m conformance`` as well.

Exit codes: 0 when all is well, 1 when something wrong was found, 2 for a mistake in the command or
in a file that it names. Commands that judge with pytest (judge, fuzz, replay) have pytest's codes,
where 4 is a mistake in the command.
"""

from __future__ import annotations

import argparse
import sys

from conformance.commands import COMMANDS
from conformance.commands.parsing import parser
from conformance.errors import UsageError

HELP = ("-h", "--help")
ABOUT = (*HELP, "--version")
JUDGE = "judge"


def main(arguments: list[str] | None = None) -> int:
    """Run one command and return its exit code; without a command, print the help."""
    words = list(sys.argv[1:] if arguments is None else arguments)
    if not words:
        parser().print_help()
        return 0
    if words[0].startswith("-") and words[0] not in ABOUT:
        words.insert(0, JUDGE)
    try:
        return _run(words)
    except UsageError as fault:
        print(f"error: {fault}", file=sys.stderr)
        return 2


def _run(words: list[str]) -> int:

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
    return int(options.run(options))


if __name__ == "__main__":
    sys.exit(main())
