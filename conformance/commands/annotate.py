"""``annotate``: shows a report in a job on GitHub; ``action.yml`` runs it."""

from __future__ import annotations

import argparse
import os
from pathlib import Path

from conformance.report.github import outputs, workflow_commands
from conformance.report.merging import read_report

OUTPUT = "GITHUB_OUTPUT"
"""The variable that names the file for the outputs of a step."""


def declare(parser: argparse.ArgumentParser) -> None:
    """Declare the command."""
    parser.description = (
        "Print the failures and warnings of a report as annotations of a GitHub job, and write its "
        f"outputs to the file that {OUTPUT} names."
    )
    parser.add_argument("folder", type=Path, metavar="DIR", help="the folder of the report")
    parser.set_defaults(run=_annotate)


def _annotate(options: argparse.Namespace) -> int:
    report = read_report(options.folder)
    print("\n".join(workflow_commands(report)))
    if place := os.environ.get(OUTPUT):
        found = outputs(report, str(options.folder.resolve()))
        with Path(place).open("a", encoding="utf-8") as stream:
            stream.writelines(f"{name}={value}\n" for name, value in found.items())
    return 0
