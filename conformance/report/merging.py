"""Merges several reports into the one that a single run would have produced.

The reports are about shares of the same worker's requirements: the options of the runs, the rules
and the versions must be the same, and no verdict may be in two of them.
"""

from __future__ import annotations

import json
import shutil
from collections import ChainMap
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import msgspec
from msgspec import UNSET

from conformance.errors import UsageError
from conformance.report.document import Report, counts, in_order
from conformance.report.folder import LOGS, TRANSCRIPTS, write_pages

NOTHING, BROKEN = 5, 1
"""pytest's exit codes for a run without verdicts, and for one with failures."""

CHOSEN = "requirements"
"""The options that may differ between merged runs: each one's share of the work."""

SUITE = "iii-conformance"


def merge(reports: Sequence[Report]) -> Report:
    """The report that one run would have produced, but with the times of several.

    Raises:
        UsageError: the reports are not about shares of the same work.
    """
    if not reports:
        raise UsageError("there is nothing to merge; name folders with a report.json")
    first = reports[0]
    for report in reports[1:]:
        _check_alike(first, report)
    verdicts = [entry for report in reports for entry in report.verdicts]
    _check_once(f"{entry.kind} {entry.id}" for entry in verdicts)
    ended = [report.finished for report in reports if report.finished is not None]
    learned = [report.parts for report in reports if report.parts is not UNSET]
    measured = [report.seconds for report in reports if report.seconds is not UNSET]
    return Report(
        version=first.version,
        started=min(report.started for report in reports),
        finished=max(ended) if len(ended) == len(reports) else None,
        exit_code=exit_code([report.exit_code for report in reports]),
        versions=first.versions,
        catalogue=first.catalogue,
        options=_options(reports),
        subject=next((report.subject for report in reports if report.subject), {}),
        counts=counts(verdicts, first.catalogue.get("requirements", 0)),
        verdicts=tuple(in_order(verdicts, first.catalogue.get("phases", {}))),
        errors=tuple(dict.fromkeys(error for report in reports for error in report.errors)),
        parts=learned[0] if learned else UNSET,
        seconds=dict(ChainMap(*measured)) if measured else UNSET,
    )


def exit_code(codes: Sequence[int | None]) -> int | None:
    """The exit code of all together: that of a run without verdicts only if all are such runs."""
    if None in codes:
        return None
    known = [code for code in codes if code is not None]
    telling = [code for code in known if code not in (0, NOTHING)]
    return max(telling) if telling else min(known)


def merge_folders(folders: Sequence[Path], destination: Path) -> Report:
    """Merge the reports in these folders into one folder, with everything that was recorded.

    Recordings are kept under the number of their folder, because runs have the same names in each.

    Raises:
        UsageError: a folder has no report, or as for ``merge``.
    """
    numbered = [
        _of_share(read_report(folder), str(number)) for number, folder in enumerate(folders, 1)
    ]
    merged = merge(numbered)
    for number, folder in enumerate(folders, 1):
        for kind in (TRANSCRIPTS, LOGS):
            if (folder / kind).is_dir():
                place = destination / kind / str(number)
                shutil.copytree(folder / kind, place, dirs_exist_ok=True)
    destination.mkdir(parents=True, exist_ok=True)
    write_pages(destination, merged)
    return merged


def read_report(folder: Path) -> Report:
    """The report in a folder, or in a file.

    Raises:
        UsageError: there is none, or it has another form.
    """
    file = folder / "report.json" if folder.is_dir() else folder
    try:
        return Report.read(json.loads(file.read_text("utf-8")))
    except FileNotFoundError:
        raise UsageError(
            f"{folder} has no report.json; name a folder that --conformance-report wrote"
        ) from None
    except (OSError, ValueError) as fault:
        raise UsageError(f"{file} is no report of this suite: {fault}") from None


def _of_share(report: Report, share: str) -> Report:
    entries = tuple(entry.of_process(share) for entry in report.verdicts)
    return msgspec.structs.replace(report, verdicts=entries)


def _check_alike(first: Report, other: Report) -> None:
    pairs = {
        "the form": (first.version, other.version),
        "the rules": (first.catalogue, other.catalogue),
        "what the run was asked": (_shared_options(first), _shared_options(other)),
        "the version of the suite": tuple(r.versions.get(SUITE, "") for r in (first, other)),
    }
    for what, (one, another) in pairs.items():
        if one != another:
            raise UsageError(
                f"{what} differs between the reports: {one} and {another}; merge reports on shares "
                "of the same work, as --shard makes them"
            )


def _options(reports: Sequence[Report]) -> dict[str, Any]:
    """The options of the equivalent single run; no choice of requirements means all of them."""
    options = dict(reports[0].options)
    choices = [report.options[CHOSEN] for report in reports if CHOSEN in report.options]
    if choices:
        every = dict.fromkeys(name for choice in choices for name in choice)
        options[CHOSEN] = list(every) if all(choices) else []
    return options


def _shared_options(report: Report) -> dict[str, Any]:
    return {name: value for name, value in report.options.items() if name != CHOSEN}


def _check_once(names: Iterable[str]) -> None:
    seen: set[str] = set()
    for name in names:
        if name in seen:
            raise UsageError(
                f"{name} was judged in two of the reports; merge shares that have nothing in common"
            )
        seen.add(name)
