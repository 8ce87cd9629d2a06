"""How repeated runs are compared."""

from __future__ import annotations

from tests.repeat import differences


def test_runs_that_agree_and_runs_that_differ() -> None:
    same = {"A": ("passed", "all of it"), "B": ("failed", "two answers")}
    other = same | {"A": ("passed", "most of it"), "B": ("passed", "one answer")}

    assert list(differences([same, dict(same)])) == []
    assert list(differences([same, other, same])) == [
        "B: 2 times failed (two answers), 1 times passed (one answer)"
    ]
    assert list(differences([])) == []
