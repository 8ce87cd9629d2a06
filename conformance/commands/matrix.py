"""``matrix``: many workers side by side."""

from __future__ import annotations

import argparse
import json
import shutil
import signal
import sys
import tempfile
from collections.abc import Iterable, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from conformance.errors import UsageError
from conformance.judging.shares import divide, parse
from conformance.matrix import site, table
from conformance.matrix.document import FILE, Matrix, document
from conformance.matrix.findings import findings, verdicts
from conformance.matrix.following import following
from conformance.matrix.plan import Candidate, chosen, load
from conformance.matrix.run import Column, Machines, ThisMachine, judge_all
from conformance.matrix.task import Task, task
from conformance.report.reporter import digest
from conformance.requirements.catalogue import Catalogue
from conformance.requirements.catalogue import load as load_catalogue
from conformance.requirements.verdict import Outcome

INTERRUPTED = 130
"""The exit code that shells give for a command that Ctrl-C ended: 128 and the number of the
signal."""


def declare(parser: argparse.ArgumentParser) -> None:
    """Declare the command."""
    parser.usage = "%(prog)s FILE [OPTIONS] [-- OPTIONS OF judge]"
    parser.epilog = (
        "Exit codes: 0 when no MUST is broken, 1 when one is, or a known failure is fixed, or the "
        "page of findings is stale, 2 when a worker could not be judged at all."
    )
    parser.add_argument("file", type=Path, help="the workers, as YAML")
    _declare_choice(parser)
    _declare_running(parser)
    _declare_results(parser)
    parser.add_argument("judging", nargs="*", metavar="OPTION", help="options of `judge`, after --")
    parser.set_defaults(run=_run)


def _declare_choice(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group("what is judged")
    several: dict[str, Any] = {"action": "append", "default": [], "metavar": "PATTERN"}
    group.add_argument(
        "--worker", **several, help="only workers whose name matches, as in 'rust-*'; repeatable"
    )
    group.add_argument("--tag", **several, help="only workers with a tag that matches; repeatable")
    group.add_argument(
        "--requirement",
        **several,
        help="only requirements whose id matches, as in 'REC-*'; repeatable",
    )
    group.add_argument(
        "--level",
        choices=("default", "full"),
        default="default",
        help="full: play trials that take long, too, with every worker",
    )
    group.add_argument(
        "--shard", metavar="NUMBER/COUNT", help="judge one share of the workers, as in 2/5"
    )


def _declare_running(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group("how it is judged")
    group.add_argument(
        "--jobs", type=_positive, default=1, metavar="N", help="judge N at a time (default: 1)"
    )
    group.add_argument(
        "--split",
        type=_positive,
        default=1,
        metavar="N",
        help="divide the requirements of each worker into N tasks (default: 1)",
    )
    group.add_argument(
        "--cluster",
        metavar="ADDRESS",
        help="judge on the machines of a Dask cluster, as in tcp://scheduler:8786",
    )
    group.add_argument("--no-build", action="store_true", help="take the workers as they are")
    group.add_argument("--strict", action="store_true", help="let broken SHOULDs fail too")
    group.add_argument(
        "--timeout-factor",
        type=_factor,
        default=1.0,
        metavar="NUMBER",
        help="multiply every deadline (default: 1)",
    )


def _declare_results(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group("what is written")
    group.add_argument(
        "--report",
        type=Path,
        metavar="DIR",
        help="write pages: index.html, one a worker and one a requirement, findings, matrix.json",
    )
    group.add_argument(
        "--resume",
        action="store_true",
        help="with --report: keep the results that are in the folder, and judge the rest",
    )
    group.add_argument("--json", type=Path, metavar="FILE", help="write everything as JSON")
    group.add_argument("--markdown", type=Path, metavar="FILE", help="write the table as Markdown")
    group.add_argument("--findings", type=Path, metavar="FILE", help="write what is broken, why")
    group.add_argument(
        "--check",
        action="store_true",
        help="with --findings: only tell whether its verdicts are those of this run",
    )


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
    if options.resume and not options.report:
        raise UsageError("--resume takes --report DIR, the folder of the run to go on with")
    catalogue = load_catalogue()
    candidates = chosen(load(options.file, catalogue), options.worker, options.tag)
    candidates = _share(candidates, options)
    requirements = catalogue.matching(options.requirement or ["*"])
    with ExitStack() as stack:
        folder = options.report or Path(
            stack.enter_context(tempfile.TemporaryDirectory(prefix="conformance-"))
        )
        try:
            columns = _judge(options, catalogue, candidates, folder, len(requirements))
        except KeyboardInterrupt:
            remedy = "--resume goes on with it" if options.report else "--report DIR keeps results"
            print(f"interrupted; {remedy}", file=sys.stderr)
            return INTERRUPTED
        matrix = document(catalogue, columns, requirements)
        _write_all(options, catalogue, matrix)
    width = shutil.get_terminal_size().columns
    _print(table.console(catalogue, matrix.workers, requirements, width))
    if options.report:
        print(f"\nreport: {options.report / 'index.html'}")
    stale = options.findings is not None and _findings(options, catalogue, columns)
    return _exit_code(matrix, options.strict) or int(stale)


def _share(candidates: list[Candidate], options: argparse.Namespace) -> list[Candidate]:
    """The workers of one share, balanced by how long they took in the previous run."""
    if not options.shard:
        return candidates
    number, count = parse(options.shard)
    file = options.report / FILE if options.report else None
    before = json.loads(file.read_text("utf-8"))["workers"] if file and file.is_file() else ()
    seconds = {worker["name"]: worker["seconds"] for worker in before}
    shares = divide([[candidate.name] for candidate in candidates], count, seconds)
    return [candidates[place] for place in shares[number]]


def _judge(
    options: argparse.Namespace,
    catalogue: Catalogue,
    candidates: Sequence[Candidate],
    folder: Path,
    total: int,
) -> list[Column]:
    rules = digest(catalogue)
    tasks = [(candidate, _tasks(options, candidate, rules)) for candidate in candidates]
    machines = _machines(options)
    previous = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        with following([c.name for c in candidates], folder, total) as notify:
            return judge_all(
                tasks,
                folder,
                machines,
                building=not options.no_build,
                resuming=options.resume,
                notify=notify,
            )
    finally:
        machines.stop()
        signal.signal(signal.SIGTERM, previous)


def _machines(options: argparse.Namespace) -> Machines:
    if options.cluster is None:
        return ThisMachine(options.jobs)
    from conformance.matrix.cluster import Cluster

    return Cluster(options.cluster)


def _tasks(options: argparse.Namespace, candidate: Candidate, rules: str) -> list[Task]:
    """The tasks of a worker. Only a worker that is judged alone may use the default port."""
    words = [f"--requirement={pattern}" for pattern in options.requirement]
    if options.jobs > 1 or options.split > 1 or options.cluster:
        words.append("--default-port=0")
    full = options.level == "full"
    shards = (
        [[]]
        if options.split == 1
        else [[f"--shard={number}/{options.split}"] for number in range(1, 1 + options.split)]
    )
    return [
        task(
            candidate,
            [*words, *shard, *options.judging],
            full=full,
            factor=options.timeout_factor,
            rules=rules,
        )
        for shard in shards
    ]


def _write_all(options: argparse.Namespace, catalogue: Catalogue, matrix: Matrix) -> None:
    """Write every file that the options name, except the page of findings."""
    requirements = [catalogue[name] for name in matrix.requirements]
    if options.report:
        site.write(options.report, catalogue, matrix)
    if options.json:
        _write(options.json, json.dumps(matrix.data(), indent=1) + "\n")
    if options.markdown:
        lines = table.markdown(catalogue, matrix.workers, requirements)
        _write(options.markdown, "\n".join(lines) + "\n")


def _findings(options: argparse.Namespace, catalogue: Catalogue, columns: Sequence[Column]) -> bool:
    """Write the page of findings, or report whether the existing one is stale."""
    page = findings(catalogue, columns, f"{options.file.as_posix()} --level {options.level}")
    if not options.check:
        _write(options.findings, page)
        return False
    there = options.findings.read_text("utf-8") if options.findings.is_file() else ""
    if verdicts(there) == verdicts(page):
        return False
    print(f"{options.findings} is stale; run the command again without --check", file=sys.stderr)
    return True


def _exit_code(matrix: Matrix, strict: bool) -> int:
    wrong = {Outcome.FAILED, Outcome.FIXED} | ({Outcome.WARNING} if strict else set())
    if any(worker.fault for worker in matrix.workers):
        return 2
    return int(any(e.outcome in wrong for worker in matrix.workers for e in worker.verdicts))


def _write(path: Path, text: str) -> None:
    try:
        path.write_text(text, "utf-8")
    except OSError as fault:
        raise UsageError(f"{path} cannot be written: {fault.strerror}; name another file") from None


def _print(lines: Iterable[str]) -> None:
    print("\n".join(lines))
