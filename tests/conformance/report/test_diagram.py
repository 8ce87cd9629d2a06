"""The sequence diagram."""

from __future__ import annotations

import pytest

from conformance.report.diagram import LETTERS, label


@pytest.mark.parametrize(
    ("text", "short"),
    [
        (
            '{"type":"invocationresult","function_id":"a::b","result":{"x":1}}',
            'a::b result {"x": 1}',
        ),
        ('{"data":{},"id":"a::b","type":"registerfunction"}', "registerfunction a::b data {}"),
        ('{"no":"type"}', '{"no":"type"}'),
        ("ended:\n  reset", "ended: reset"),
        ("x" * 500, "x…"),
    ],
)
def test_a_label_says_what_a_message_is_about(text: str, short: str) -> None:
    assert label(text).endswith(short)
    assert len(label(text)) <= LETTERS
