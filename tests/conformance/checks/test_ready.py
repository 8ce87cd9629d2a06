"""The checks of the phase ``ready``, on records."""

from __future__ import annotations

import pytest
from websockets.frames import Opcode

from conformance.checks.ready.alive import PingSent, answers_a_ping_message, answers_pings
from conformance.requirements.verdict import Conclusion
from tests.conformance.checks.records import Story

PAYLOAD = b"are you there?"


@pytest.mark.parametrize(
    ("pong", "conclusion"),
    [(PAYLOAD, Conclusion.KEPT), (b"", Conclusion.BROKEN), (None, Conclusion.BROKEN)],
)
def test_a_pong_repeats_the_payload(pong: bytes | None, conclusion: Conclusion) -> None:
    story = Story().opens().sends(Opcode.PING, PAYLOAD, engine=True)
    if pong is not None:
        story.sends(Opcode.PONG, pong)

    finding = answers_pings(story.record(PingSent((PAYLOAD,), (1,))))

    assert finding.conclusion is conclusion


def test_a_ping_that_is_not_answered_is_what_is_cited() -> None:
    story = Story().opens().says({"type": "registerfunction", "id": "a::b"})
    story.says({"type": "ping"}, engine=True).says({"type": "registerfunction", "id": "c::d"})

    finding = answers_a_ping_message(story.record(0.0))

    assert [getattr(event, "json", None) for event in finding.events] == [{"type": "ping"}]
