"""The sequence diagram."""

from __future__ import annotations

import json

import pytest

from conformance.judging.frames import EvidenceFrame
from conformance.report.diagram import LETTERS, arrows


@pytest.mark.parametrize(
    ("text", "kind", "about", "brings"),
    [
        (
            '{"type":"invocationresult","function_id":"a::b","result":{"x":1}}',
            "invocationresult",
            "a::b",
            'result {"x": 1}',
        ),
        (
            '{"data":{},"id":"a::b","type":"registerfunction"}',
            "registerfunction",
            "a::b",
            "data {}",
        ),
        ('{"type":"ping"}', "ping", "", ""),
        ('{"no":"type"}', "", "", '{"no":"type"}'),
        ("ended:\n  reset", "", "", "ended: reset"),
    ],
)
def test_an_arrow_says_what_a_message_is_about(
    text: str, kind: str, about: str, brings: str
) -> None:
    (arrow,) = arrows([EvidenceFrame(1.0, 1, "worker", text, True)])

    assert (arrow.kind, arrow.about, arrow.brings) == (kind, about, brings)
    assert (arrow.sender, arrow.cited) == ("worker", True)


@pytest.mark.parametrize("text", ["x" * 500, json.dumps({"type": "a", "data": "x" * 500})])
def test_what_is_long_is_shortened_and_whole_beneath(text: str) -> None:
    (arrow,) = arrows([EvidenceFrame(1.0, 1, "", text, False)])

    assert len(arrow.brings) == LETTERS
    assert "x" * 500 in arrow.whole
