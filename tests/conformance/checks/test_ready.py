"""The checks of the phase ``ready``, on records."""

from __future__ import annotations

import pytest
from websockets.frames import Opcode

from conformance.checks.handling.parallel import gives_each_its_own_answer
from conformance.checks.ready.alive import PingSent, answers_a_ping_message, answers_pings
from conformance.checks.ready.presence import stays_until_it_is_told_to_stop
from conformance.checks.stimuli.apart import Apart
from conformance.requirements.verdict import Conclusion
from conformance.trials.invoker import Invocation
from mock_engine.transcript import Ending
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


@pytest.mark.parametrize(("closes", "drops"), [(True, False), (False, True)])
def test_who_ends_a_connection_that_the_engine_closes_does_not_drop_it(
    closes: bool, drops: bool
) -> None:
    story = Story().opens().says({"type": "registerfunction", "id": "a::b"})
    if closes:
        story.sends(Opcode.CLOSE, b"\x03\xe8", engine=True)
    story.says({"type": "pong"}).ends(Ending.EOF)

    found = [*stays_until_it_is_told_to_stop(story.record(None))]

    assert any(finding is not None for finding in found) is drops


@pytest.mark.parametrize(
    ("result", "conclusion"),
    [("of b", Conclusion.KEPT), ("of a", Conclusion.BROKEN)],
)
def test_an_invocation_has_the_result_of_its_own_data(result: str, conclusion: Conclusion) -> None:
    one, other, third, last = (Invocation(f"i{n}", "a::b", 1, 0.0) for n in range(4))
    story = Story().opens()
    answers = ((one, "of a"), (other, "of b"), (third, "of a"), (last, result))
    for invocation, value in answers:
        ids = {"invocation_id": invocation.id, "function_id": "a::b"}
        story.says({"type": "invokefunction", **ids}, engine=True)
        story.says({"type": "invocationresult", **ids, "result": value})

    finding = gives_each_its_own_answer(story.record((Apart((one, other), (third, last)),)))

    assert finding.conclusion is conclusion
