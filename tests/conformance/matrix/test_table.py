"""Many workers side by side."""

from __future__ import annotations

from conformance.matrix.document import judged
from conformance.matrix.table import console
from conformance.requirements.verdict import Outcome, kept
from tests.conformance.matrix.making import CATALOGUE, column


def test_numbers_head_the_columns_where_names_do_not_fit() -> None:
    workers = [judged(column(kept("a word"), Outcome.PASSED))] * 3
    requirements = [CATALOGUE["CON-001"]]

    wide = list(console(CATALOGUE, workers, requirements, 200))
    narrow = list(console(CATALOGUE, workers, requirements, 30))

    assert wide[0].split() == ["one"] * 3
    assert narrow[:3] == ["[1] one", "[2] one", "[3] one"]
    assert narrow[4].split() == ["[1]", "[2]", "[3]"]
