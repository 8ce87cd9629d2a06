"""The report in SARIF."""

from __future__ import annotations

import pytest

from conformance.report.sarif import LEVELS, log, program
from conformance.requirements.verdict import Outcome
from tests.conformance.report.making import EVERY, report


def test_what_is_wrong_is_a_result_with_a_rule_and_a_place() -> None:
    (run,) = log(report(*EVERY))["runs"]

    rules, results = run["tool"]["driver"]["rules"], run["results"]
    assert len(results) == len(LEVELS)
    assert [rules[result["ruleIndex"]]["id"] for result in results] == [
        result["ruleId"] for result in results
    ]
    place = results[0]["locations"][0]["physicalLocation"]
    assert (place["artifactLocation"]["uri"], place["region"]["startLine"]) == ("w.py", 1)


def test_a_known_failure_is_suppressed() -> None:
    wrong = [each for each in EVERY if each.outcome is Outcome.KNOWN_FAILURE]

    (result,) = log(report(*wrong))["runs"][0]["results"]

    assert (result["level"], result["suppressions"][0]["kind"]) == ("note", "external")


@pytest.mark.parametrize(
    ("command", "file"),
    [
        ("python src/worker.py --port 1", "src/worker.py"),
        ("node dist/worker.js", "dist/worker.js"),
        ("/usr/bin/python3.11 -m shop", "conformance.yaml"),
        ("me/worker:1.2", "conformance.yaml"),
        ("python ../worker.py", "conformance.yaml"),
        ("sh 'unclosed", "conformance.yaml"),
    ],
)
def test_the_place_is_the_program_that_the_command_names(command: str, file: str) -> None:
    assert program(command) == file
