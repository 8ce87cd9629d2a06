"""The expected value beside the seen one."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from conformance.report.differing import compared


def marked(expected: str, seen: str) -> tuple[list[str], list[str]]:
    left, right = compared(expected, seen)
    return [s.text for s in left if s.differs], [s.text for s in right if s.differs]


def test_the_words_that_differ_are_marked() -> None:
    assert marked('{"a": 1, "b": 2}', '{"a": 1, "b": 3}') == (["2"], ["3"])


def test_what_has_little_in_common_or_is_the_same_has_no_marks() -> None:
    assert marked("one answer", "the process ended with code 3") == ([], [])
    assert marked("same", "same") == ([], [])


@given(st.text(), st.text())
def test_nothing_is_lost(expected: str, seen: str) -> None:
    left, right = compared(expected, seen)

    assert "".join(span.text for span in left) == expected
    assert "".join(span.text for span in right) == seen
