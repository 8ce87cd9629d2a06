"""``python -m conformance``: the catalogue, and the pages made from it.

Exit codes: 0 when all is well, 1 when a generated page is stale, 2 for a mistake in the command.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from conformance.catalogue import CatalogueError, load
from conformance.report.catalogue import details, listing, page

PAGE = Path("docs") / "requirements.md"


def main(arguments: list[str] | None = None) -> int:
    """Run one command and return its exit code."""
    options = _parser().parse_args(arguments)
    try:
        return int(options.run(options))
    except CatalogueError as fault:
        print(f"error: {fault}", file=sys.stderr)
        return 2


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m conformance", description=__doc__)
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    shown = commands.add_parser("list", help="show every requirement, a line each")
    shown.add_argument("pattern", nargs="*", help="only ids that match, as in 'REC-*'")
    shown.set_defaults(run=_list)
    explained = commands.add_parser("explain", help="show all that is known of requirements")
    explained.add_argument("pattern", nargs="+", help="ids, as in INV-003 or 'REC-*'")
    explained.set_defaults(run=_explain)
    pages = commands.add_parser("docs", help=f"write {PAGE}")
    pages.add_argument("--check", action="store_true", help="only tell whether it is up to date")
    pages.set_defaults(run=_docs)
    return parser


def _list(options: argparse.Namespace) -> int:
    print("\n".join(listing(load().matching(options.pattern or ["*"]))))
    return 0


def _explain(options: argparse.Namespace) -> int:
    print("\n\n".join(details(requirement) for requirement in load().matching(options.pattern)))
    return 0


def _docs(options: argparse.Namespace) -> int:
    text = page(load())
    if not options.check:
        PAGE.write_text(text, "utf-8")
        return 0
    if PAGE.is_file() and PAGE.read_text("utf-8") == text:
        return 0
    print(f"{PAGE} is stale; run `python -m conformance docs`", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main())
