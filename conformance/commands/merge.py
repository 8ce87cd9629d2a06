"""``merge``: combines the reports on the shares of a run, or of a matrix."""

from __future__ import annotations

import argparse
import json
import shutil
from collections.abc import Sequence
from pathlib import Path

from conformance.errors import UsageError
from conformance.matrix import site
from conformance.matrix.document import FILE, Matrix, merge
from conformance.matrix.run import WORKERS
from conformance.report.console import closing
from conformance.report.merging import merge_folders
from conformance.requirements.catalogue import load


def declare(parser: argparse.ArgumentParser) -> None:
    """Declare the command."""
    parser.description = (
        "Make one report of the reports on shares of the same work, as --shard makes them: the "
        "report that one run would have given, but for its times. The exit code is that of the "
        "merged run, or 2 for reports that do not belong together."
    )
    parser.add_argument("folders", nargs="+", type=Path, metavar="DIR", help="a report's folder")
    parser.add_argument(
        "-o",
        "--output",
        type=Path,
        required=True,
        metavar="DIR",
        help="the folder of the merged report",
    )
    parser.set_defaults(run=_run)


def _run(options: argparse.Namespace) -> int:
    folders: list[Path] = options.folders
    if options.output.resolve() in [folder.resolve() for folder in folders]:
        raise UsageError(f"{options.output} is one of the folders to merge; name another one")
    of_matrices = [folder for folder in folders if (folder / FILE).is_file()]
    if of_matrices:
        if len(of_matrices) < len(folders):
            raise UsageError("some folders are of matrices and some of single runs; merge a kind")
        return _merge_matrices(folders, options.output)
    report = merge_folders(folders, options.output)
    print("\n".join(closing(report)))
    print(f"report: {options.output / 'report.html'}")
    return report.exit_code or 0


def _merge_matrices(folders: Sequence[Path], output: Path) -> int:
    matrices = [Matrix.read(json.loads((f / FILE).read_text("utf-8"))) for f in folders]
    merged = merge(matrices)
    for folder in folders:
        shutil.copytree(folder / WORKERS, output / WORKERS, dirs_exist_ok=True)
    site.write(output, load(), merged)
    print(f"report: {output / 'index.html'}")
    if any(worker.fault for worker in merged.workers):
        return 2
    entries = [entry for worker in merged.workers for entry in worker.verdicts]
    return int(any(entry.outcome.fails(strict=False) for entry in entries))
