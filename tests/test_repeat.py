"""What repeated runs are compared by."""

from __future__ import annotations

from tests.repeat import differences


def test_runs_that_agree_and_runs_that_differ() -> None:
    same = {"A": "passed", "B": "failed"}

    assert list(differences([same, dict(same)])) == []
    assert list(differences([same, same | {"B": "passed"}, same])) == [
        "B: 2 times failed, 1 times passed"
    ]
    assert list(differences([])) == []
