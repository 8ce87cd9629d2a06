"""The report in SARIF 2.1.0, the format that code scanning services read.

A result needs a location in a file. Verdicts are about a process and not about a line, so all of
them are located at the beginning of the worker's program, if its command names one, or else of the
file that says how the worker is judged.
"""

from __future__ import annotations

import shlex
from pathlib import PurePosixPath
from typing import Any

from conformance.judging.entry import Entry
from conformance.report.document import Report
from conformance.requirements.verdict import Outcome

SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
ELSEWHERE = "conformance.yaml"

LEVELS = {
    Outcome.FAILED: "error",
    Outcome.FIXED: "error",
    Outcome.WARNING: "warning",
    Outcome.FLAKY: "warning",
    Outcome.KNOWN_FAILURE: "note",
}
"""How a service shows an outcome; outcomes that are not listed are no results."""


def log(report: Report) -> dict[str, Any]:
    """The log, as JSON-able data."""
    wrong = [entry for entry in report.verdicts if entry.outcome in LEVELS]
    place = {
        "physicalLocation": {
            "artifactLocation": {"uri": program(report.judged)},
            "region": {"startLine": 1},
        }
    }
    driver = {
        "name": "iii-conformance",
        "version": report.versions.get("iii-conformance", ""),
        "rules": [_rule(entry) for entry in wrong],
    }
    results = [_result(entry, number, place) for number, entry in enumerate(wrong)]
    return {
        "$schema": SCHEMA,
        "version": "2.1.0",
        "runs": [{"tool": {"driver": driver}, "results": results}],
    }


def program(command: str) -> str:
    """The file in the repository that a worker's command names, as far as that can be told."""
    try:
        words = shlex.split(command)
    except ValueError:
        words = []
    for word in words:
        path = PurePosixPath(word)
        if path.suffix and not path.is_absolute() and ".." not in path.parts and ":" not in word:
            return str(path)
    return ELSEWHERE


def _rule(entry: Entry) -> dict[str, Any]:
    return {
        "id": entry.id,
        "shortDescription": {"text": entry.sentence},
        "fullDescription": {"text": f"{entry.level.value}: {entry.sentence}"},
        "help": {"text": entry.evidence.remedy or entry.sentence},
        "properties": {"tags": [entry.kind, entry.phase], "source": entry.source},
    }


def _result(entry: Entry, number: int, place: dict[str, Any]) -> dict[str, Any]:
    known = {"suppressions": [{"kind": "external", "justification": entry.reason}]}
    return {
        "ruleId": entry.id,
        "ruleIndex": number,
        "level": LEVELS[entry.outcome],
        "message": {"text": f"{entry.reason}. Judge this again: {entry.command}"},
        "locations": [place],
        "partialFingerprints": {"requirement/v1": entry.id},
        **(known if entry.outcome is Outcome.KNOWN_FAILURE else {}),
    }
