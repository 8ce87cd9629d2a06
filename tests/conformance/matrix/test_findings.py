"""The page of findings."""

from __future__ import annotations

import pytest

from conformance.matrix.findings import FOLDER, findings, verdicts
from conformance.requirements.known import KnownFailure
from conformance.requirements.verdict import Outcome, broken, kept
from tests.conformance.matrix.making import CATALOGUE, column


def test_findings_differ_in_their_verdicts_not_in_what_differs_from_run_to_run() -> None:
    def page(seen: str, outcome: Outcome) -> str:
        known = KnownFailure("CON-001", "it sulks") if outcome is Outcome.KNOWN_FAILURE else None
        found = broken(expected="a word", seen=seen)
        return findings(CATALOGUE, [column(found, outcome, known)], "w.yaml")

    first = page("none in 3.1 s", Outcome.KNOWN_FAILURE)

    assert "none in 3.1 s" in first
    assert "it sulks" in first
    assert verdicts(first) == verdicts(page("none in 2.9 s", Outcome.KNOWN_FAILURE))
    assert verdicts(first) != verdicts(page("none in 3.1 s", Outcome.FAILED))


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("at file:///home/me/dist/index.mjs:1:2", "at file://…/index.mjs:1:2"),
        (r"File \"/home/me/worker.py\", line 3", r"File \"…/worker.py\", line 3"),
        ("GET /ws/channels/1", "GET /ws/channels/1"),
    ],
)
def test_folders_of_a_machine_are_left_out(text: str, told: str) -> None:
    assert FOLDER.sub(r"\1…/", text) == told


def test_what_is_flaky_is_told_so_whichever_way_it_went() -> None:
    listed = KnownFailure("CON-001", "a matter of milliseconds", tries=5)
    broke = column(broken(expected="a word", seen="none"), Outcome.FLAKY, listed)
    held = column(kept("a word"), Outcome.PASSED, listed)

    pages = [findings(CATALOGUE, [each], "w.yaml") for each in (broke, held)]

    assert verdicts(pages[0]) == verdicts(pages[1])
    assert "### CON-001 MUST (flaky)" in pages[0]


def test_a_worker_without_findings_is_told_too() -> None:
    page = findings(CATALOGUE, [column(kept("a word"), Outcome.PASSED)], "w.yaml")

    assert "It keeps every requirement that applies to it." in page
