"""A comparison for a person to read."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from conformance.errors import UsageError
from conformance.matrix import comparison
from conformance.matrix.comparing import Judgements, Kind, compare
from conformance.requirements.verdict import Outcome, kept
from tests.conformance.matrix.making import column, matrix
from tests.conformance.report.making import HOSTILE, entry, report

OLD = [entry(n, outcome) for n, outcome in enumerate((Outcome.PASSED, Outcome.FAILED))]
NEW = [
    entry(n, outcome, seen=HOSTILE) for n, outcome in enumerate((Outcome.FAILED, Outcome.PASSED))
]
CHANGED = compare({"w": Judgements(OLD, {})}, {"w": Judgements(NEW, {})})
SAME = compare({"w": Judgements(OLD, {})}, {"w": Judgements(OLD, {})})


def test_what_is_worse_comes_first_and_no_text_of_a_worker_becomes_markup() -> None:
    text = "\n".join(comparison.markdown(CHANGED, strict=False))
    page = comparison.page(CHANGED, strict=False)

    assert text.splitlines()[0] == "## ❌ Conformance: 1 regression"
    assert text.index(Kind.BROKEN.value) < text.index(Kind.FIXED.value)
    assert "passed → failed" in text
    assert "<b>`" not in text
    assert "<b>`" not in page
    assert "passed → failed" in page


def test_nothing_changed_says_so() -> None:
    assert list(comparison.text(SAME, strict=False)) == ["No regression", "Nothing changed."]
    assert "Nothing changed." in "\n".join(comparison.markdown(SAME, strict=False))
    assert "Nothing changed." in comparison.page(SAME, strict=False)


def test_reports_and_matrices_are_read(tmp_path: Path) -> None:
    (tmp_path / "report.json").write_text(json.dumps(report(*OLD).data()))
    assert set(comparison.read(tmp_path)) == {""}
    assert set(comparison.read(tmp_path / "report.json")) == {""}
    made = matrix(column(kept("x"), Outcome.PASSED))
    (tmp_path / "matrix.json").write_text(json.dumps(made.data()))
    assert set(comparison.read(tmp_path)) == {"one"}


@pytest.mark.parametrize("text", [None, "", "[1]", "{}", '{"workers": 3}'])
def test_anything_else_is_refused(text: str | None, tmp_path: Path) -> None:
    if text is not None:
        (tmp_path / "report.json").write_text(text)

    with pytest.raises(UsageError, match="no report and no matrix"):
        comparison.read(tmp_path)
