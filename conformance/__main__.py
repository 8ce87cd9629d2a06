"""``python -m conformance``: what can be done beside judging a worker with pytest.

Exit codes: 0 when all is well, 1 when a command found something wrong, 2 for a mistake in the
command or in a file it was given.
"""

from __future__ import annotations

import argparse
import sys

from conformance.commands import ADD
from conformance.errors import UsageError
from conformance.requirements.catalogue import CatalogueError
from conformance.subject.process import undo_ignored_interrupts


def main(arguments: list[str] | None = None) -> int:
    """Run one command and return its exit code."""
    options = _parser().parse_args(arguments)
    undo_ignored_interrupts()
    try:
        return int(options.run(options))
    except (CatalogueError, UsageError) as fault:
        print(f"error: {fault}", file=sys.stderr)
        return 2


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m conformance", description=__doc__)
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    for add in ADD:
        add(commands)
    return parser


if __name__ == "__main__":
    sys.exit(main())
