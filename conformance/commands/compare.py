"""``compare``: what changed between two reports, or two matrices."""

from __future__ import annotations

import argparse
from pathlib import Path

from conformance.matrix import comparison
from conformance.matrix.comparing import compare
from conformance.report.folder import put


def declare(parser: argparse.ArgumentParser) -> None:
    """Declare the command."""
    parser.description = (
        "Compare two reports or two matrices: what is newly broken, fixed, newly or no longer "
        "verified, slower, or judged by new requirements. Exit codes: 0 when nothing regressed, 1 "
        "when something did, 2 for a mistake in the command."
    )
    parser.add_argument("old", type=Path, metavar="OLD", help="the folder or file of a report")
    parser.add_argument("new", type=Path, metavar="NEW", help="that of the report to compare")
    parser.add_argument(
        "--strict",
        action="store_true",
        help="let broken SHOULDs, and what is no longer verified, be regressions, too",
    )
    parser.add_argument("--markdown", type=Path, metavar="FILE", help="write it for a pull request")
    parser.add_argument("--html", type=Path, metavar="FILE", help="write it as a page")
    parser.set_defaults(run=_run)


def _run(options: argparse.Namespace) -> int:
    found = compare(comparison.read(options.old), comparison.read(options.new))
    strict: bool = options.strict
    print("\n".join(comparison.text(found, strict=strict)))
    if options.markdown:
        put(options.markdown, "\n".join(comparison.markdown(found, strict=strict)))
    if options.html:
        put(options.html, comparison.page(found, strict=strict))
    return int(found.regressed(strict=strict))
