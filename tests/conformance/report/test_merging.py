"""Merged reports on shares equal the report of one run, except for its times."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from conformance.errors import UsageError
from conformance.judging.entry import SCENARIO, Entry
from conformance.report.document import Report
from conformance.report.merging import exit_code, merge, merge_folders, read_report
from conformance.report.reporter import Reporter
from conformance.requirements.catalogue import load
from conformance.requirements.verdict import Outcome
from conformance.trials.outcome import RunRecord
from tests.conformance.report.making import entry, report, reporter

CATALOGUE = load()
Found = list[tuple[Entry, int, bool]]


def ran(found: list[tuple[Entry, bool]]) -> Report:
    """The report of a run with these verdicts, some of them after a fault of the suite."""
    made = Reporter(CATALOGUE, None)
    made.started({"worker": "w", "requirements": []})
    made.subject({"workers": 1})
    failed = False
    for each, faulty in found:
        if faulty:
            made.error(f"{each.phase}::{each.id}", "Traceback")
        else:
            made.verdict(each)
        failed |= faulty or each.outcome.fails(strict=False)
    made.finished(1 if failed else 0 if found else 5)
    return made.report


def timeless(made: Report) -> dict[str, Any]:
    data = made.data()
    data["errors"] = sorted(data["errors"], key=lambda error: error["id"])
    return {name: value for name, value in data.items() if name not in ("started", "finished")}


@settings(deadline=None)
@given(
    found=st.lists(
        st.tuples(
            st.builds(
                entry,
                st.integers(0, 999),
                st.sampled_from(Outcome),
                st.sampled_from(["requirement", SCENARIO]),
            ),
            st.integers(0, 3),
            st.booleans(),
        ),
        unique_by=lambda item: (item[0].kind, item[0].id),
    )
)
def test_shares_make_the_report_of_one_run(found: Found) -> None:
    one = ran([(each, faulty) for each, _, faulty in found])
    shares = [ran([(e, faulty) for e, place, faulty in found if place == n]) for n in range(4)]

    merged = merge(shares)

    assert timeless(merged) == timeless(one)
    assert merged.started == min(share.started for share in shares)


@pytest.mark.parametrize(
    ("codes", "code"),
    [([0, 5], 0), ([5, 5], 5), ([0, 1], 1), ([1, 2], 2), ([0, 3, 1], 3), ([0, None], None)],
)
def test_the_exit_code_is_that_of_all_together(codes: list[int | None], code: int | None) -> None:
    assert exit_code(codes) == code


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        ({"options": {"worker": "another"}}, "what the run was asked"),
        ({"catalogue": {}}, "the rules"),
        ({"versions": {"iii-conformance": "9"}}, "the version of the suite"),
        ({}, "judged in two of the reports"),
    ],
)
def test_what_does_not_belong_together_is_refused(change: dict[str, Any], complaint: str) -> None:
    one = report(entry(1, Outcome.PASSED))

    with pytest.raises(UsageError, match=complaint):
        merge([one, replace(one, **change)])


def test_chosen_requirements_are_those_of_all_shares() -> None:
    shares = [
        replace(report(entry(n, Outcome.PASSED)), options={"worker": "w", "requirements": [str(n)]})
        for n in (1, 2)
    ]

    assert merge(shares).options["requirements"] == ["1", "2"]


def test_folders_are_merged_with_what_was_recorded(tmp_path: Path) -> None:
    for number in (1, 2):
        made = reporter(tmp_path / str(number), entry(number, Outcome.PASSED))
        made.recorded([RunRecord("shared", (f"{number}",), ("line",))])
        made.finished(0)

    merged = merge_folders([tmp_path / "1", tmp_path / "2"], tmp_path / "all")

    assert [each.evidence.runs for each in merged.verdicts] == [("1/shared",), ("2/shared",)]
    assert (tmp_path / "all" / "transcripts" / "2" / "shared.ndjson").read_text() == "2\n"
    assert read_report(tmp_path / "all") == merged
    assert (tmp_path / "all" / "report.html").is_file()


@pytest.mark.parametrize("text", [None, "{", "[]", "{}"])
def test_a_folder_without_a_report_is_refused(text: str | None, tmp_path: Path) -> None:
    if text is not None:
        (tmp_path / "report.json").write_text(text)

    with pytest.raises(UsageError, match=r"report"):
        read_report(tmp_path)
