"""``list``, ``explain`` and ``docs``: the catalogue, and the page made from it."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

from conformance.errors import UsageError
from conformance.report import versions
from conformance.report.catalogue import data, details, is_long, listing, page
from conformance.requirements.catalogue import Catalogue, load, load_of_engines
from conformance.requirements.verdict import Level

PAGE = Path("docs") / "requirements.md"
PAGE_OF_ENGINES = Path("docs") / "requirements-for-engines.md"
PAGE_OF_VERSIONS = Path("docs") / "protocol-versions.md"


def declare_list(parser: argparse.ArgumentParser) -> None:
    """Declare ``list``."""
    parser.add_argument("pattern", nargs="*", help="only ids that match, as in 'REC-*'")
    levels = [level.value for level in Level]
    parser.add_argument("--level", type=str.upper, choices=levels, help="only of this level")
    parser.add_argument("--phase", help="only of this phase")
    parser.add_argument("--engines", action="store_true", help="what engines have to do")
    parser.add_argument("--full", action="store_true", help="only what takes --level full")
    parser.add_argument("--json", action="store_true", help="all that is known of each, as JSON")
    parser.set_defaults(run=_list)


def declare_explain(parser: argparse.ArgumentParser) -> None:
    """Declare ``explain``."""
    parser.add_argument("pattern", nargs="+", help="ids, as in INV-003 or 'REC-*'")
    parser.set_defaults(run=_explain)


def declare_docs(parser: argparse.ArgumentParser) -> None:
    """Declare ``docs``."""
    names = f"{PAGE}, {PAGE_OF_ENGINES.name} and {PAGE_OF_VERSIONS.name}"
    parser.description = f"Write {names}, in a checkout."
    parser.add_argument("--check", action="store_true", help="only tell whether it is up to date")
    parser.set_defaults(run=_docs)


def _list(options: argparse.Namespace) -> int:
    catalogue = load_of_engines() if options.engines else load()
    if options.phase not in (None, *catalogue.phases):
        raise UsageError(f"--phase {options.phase}: there is {', '.join(catalogue.phases)}")
    chosen = [
        requirement
        for requirement in catalogue.matching(options.pattern or ["*"])
        if options.level in (None, requirement.level.value)
        and options.phase in (None, requirement.phase)
        and (is_long(requirement) or not options.full)
    ]
    if options.json:
        print(json.dumps([data(requirement) for requirement in chosen], indent=2))
    else:
        print("\n".join(listing(chosen)))
        print(f"{len(chosen)} of {len(catalogue.requirements)} requirements", file=sys.stderr)
    return 0


def _explain(options: argparse.Namespace) -> int:
    workers, engines = load(), load_of_engines()
    every = Catalogue({}, {**workers.requirements, **engines.requirements})
    print("\n\n".join(details(requirement) for requirement in every.matching(options.pattern)))
    return 0


def _docs(options: argparse.Namespace) -> int:
    pages = {
        PAGE: page(load()),
        PAGE_OF_ENGINES: page(load_of_engines()),
        PAGE_OF_VERSIONS: versions.page(load()),
    }
    code = 0
    for path, text in pages.items():
        if not options.check:
            path.write_text(text, "utf-8")
        elif not path.is_file() or path.read_text("utf-8") != text:
            print(f"{path} is stale; run `python -m conformance docs`", file=sys.stderr)
            code = 1
    return code
