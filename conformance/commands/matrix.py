"""``matrix``: many workers side by side."""

from __future__ import annotations

import argparse
import json
import shutil
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path

from conformance.errors import UsageError
from conformance.matrix import table as report
from conformance.matrix.findings import findings, verdicts
from conformance.matrix.plan import chosen, load
from conformance.matrix.run import Column, judge_all
from conformance.requirements.catalogue import load as load_catalogue
from conformance.requirements.verdict import Outcome


def declare(parser: argparse.ArgumentParser) -> None:
    """Declare the command."""
    parser.epilog = (
        "Exit codes: 0 when no MUST is broken, 1 when one is, or a known failure is fixed, or the "
        "page of findings is stale, 2 when a worker could not be judged at all."
    )
    parser.add_argument("file", type=Path, help="the workers, as YAML")
    parser.add_argument(
        "--worker",
        metavar="PATTERN",
        action="append",
        default=[],
        help="judge only workers whose name matches, as in 'rust-*'; may be repeated",
    )
    parser.add_argument(
        "--requirement",
        metavar="PATTERN",
        action="append",
        default=[],
        help="judge only by requirements whose id matches, as in 'REC-*'; may be repeated",
    )
    parser.add_argument(
        "--jobs", type=_positive, default=1, metavar="N", help="judge N at a time (default: 1)"
    )
    parser.add_argument(
        "--level",
        choices=("default", "full"),
        default="default",
        help="full: play trials that take long, too",
    )
    parser.add_argument("--no-build", action="store_true", help="take the workers as they are")
    parser.add_argument("--strict", action="store_true", help="let broken SHOULDs fail too")
    parser.add_argument(
        "--timeout-factor",
        type=_factor,
        default=1.0,
        metavar="NUMBER",
        help="multiply every deadline (default: 1)",
    )
    parser.add_argument("--json", type=Path, metavar="FILE", help="write everything as JSON")
    parser.add_argument("--markdown", type=Path, metavar="FILE", help="write the table as Markdown")
    parser.add_argument("--findings", type=Path, metavar="FILE", help="write what is broken, why")
    parser.add_argument(
        "--check",
        action="store_true",
        help="with --findings: only tell whether its verdicts are those of this run",
    )
    parser.set_defaults(run=_run)


def _positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError(f"{number} is below 1")
    return number


def _factor(text: str) -> float:
    number = float(text)
    if not 0 < number < 1000:
        raise argparse.ArgumentTypeError(f"{text} is not a number above 0, such as 2")
    return number


def _run(options: argparse.Namespace) -> int:
    if options.check and not options.findings:
        raise UsageError("--check takes --findings FILE, the page to compare with")
    catalogue = load_catalogue()
    candidates = chosen(load(options.file, catalogue), options.worker)
    requirements = catalogue.matching(options.requirement or ["*"])
    columns = judge_all(
        candidates,
        [requirement.id for requirement in requirements],
        jobs=options.jobs,
        full=options.level == "full",
        factor=options.timeout_factor,
        building=not options.no_build,
        tell=lambda line: print(line, file=sys.stderr, flush=True),
    )
    width = shutil.get_terminal_size().columns
    _print(report.console(catalogue, columns, requirements, width))
    if options.json:
        _write(options.json, json.dumps(report.document(columns, requirements), indent=1) + "\n")
    if options.markdown:
        _write(
            options.markdown, "\n".join(report.markdown(catalogue, columns, requirements)) + "\n"
        )
    stale = options.findings is not None and _findings(options, columns)
    return _exit_code(columns, options.strict) or int(stale)


def _findings(options: argparse.Namespace, columns: Sequence[Column]) -> bool:
    """Write the page of findings, or tell whether the one that is there is stale."""
    page = findings(load_catalogue(), columns, f"{options.file.as_posix()} --level {options.level}")
    if not options.check:
        _write(options.findings, page)
        return False
    there = options.findings.read_text("utf-8") if options.findings.is_file() else ""
    if verdicts(there) == verdicts(page):
        return False
    print(f"{options.findings} is stale; run the command again without --check", file=sys.stderr)
    return True


def _exit_code(columns: Iterable[Column], strict: bool) -> int:
    wrong = {Outcome.FAILED, Outcome.FIXED} | ({Outcome.WARNING} if strict else set())
    if any(column.fault for column in columns):
        return 2
    return int(any(wrong & set(report.outcomes(column).values()) for column in columns))


def _write(path: Path, text: str) -> None:
    try:
        path.write_text(text, "utf-8")
    except OSError as fault:
        raise UsageError(f"{path} cannot be written: {fault.strerror}; name another file") from None


def _print(lines: Iterable[str]) -> None:
    print("\n".join(lines))
