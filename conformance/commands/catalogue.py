"""``list``, ``explain`` and ``docs``: the catalogue, and the page made from it."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

from conformance.report.catalogue import data, details, is_long, listing, page
from conformance.requirements.catalogue import load
from conformance.requirements.verdict import Level

PAGE = Path("docs") / "requirements.md"


def declare_list(parser: argparse.ArgumentParser) -> None:
    """Declare ``list``."""
    parser.add_argument("pattern", nargs="*", help="only ids that match, as in 'REC-*'")
    levels = [level.value for level in Level]
    parser.add_argument("--level", type=str.upper, choices=levels, help="only of this level")
    parser.add_argument("--phase", choices=list(load().phases), help="only of this phase")
    parser.add_argument("--full", action="store_true", help="only what takes --level full")
    parser.add_argument("--json", action="store_true", help="all that is known of each, as JSON")
    parser.set_defaults(run=_list)


def declare_explain(parser: argparse.ArgumentParser) -> None:
    """Declare ``explain``."""
    parser.add_argument("pattern", nargs="+", help="ids, as in INV-003 or 'REC-*'")
    parser.set_defaults(run=_explain)


def declare_docs(parser: argparse.ArgumentParser) -> None:
    """Declare ``docs``."""
    parser.description = f"Write {PAGE}, in a checkout."
    parser.add_argument("--check", action="store_true", help="only tell whether it is up to date")
    parser.set_defaults(run=_docs)


def _list(options: argparse.Namespace) -> int:
    chosen = [
        requirement
        for requirement in load().matching(options.pattern or ["*"])
        if options.level in (None, requirement.level.value)
        and options.phase in (None, requirement.phase)
        and (is_long(requirement) or not options.full)
    ]
    if options.json:
        print(json.dumps([data(requirement) for requirement in chosen], indent=2))
    else:
        print("\n".join(listing(chosen)))
        print(f"{len(chosen)} of {len(load().requirements)} requirements", file=sys.stderr)
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
