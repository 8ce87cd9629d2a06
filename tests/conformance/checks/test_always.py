"""Requirements that must always hold, checked on records."""

from __future__ import annotations

import pytest
from websockets.frames import Opcode

from conformance import checks
from conformance.requirements.verdict import Conclusion, Finding
from conformance.trials.life import LifeEvent, Turn
from conformance.trials.trial import CHECKS, Record
from mock_engine.transcript import Ending
from tests.conformance.checks.records import Story

assert checks.MODULES  # importing the modules registers their checks

ANNOUNCEMENT = {"type": "invokefunction", "function_id": "engine::workers::register", "data": {}}
FUNCTION = {"type": "registerfunction", "id": "orders::take"}
INVOCATION = {
    "type": "invokefunction",
    "invocation_id": "0b7e1a52-0000-4000-8000-000000000001",
    "function_id": "orders::take",
    "data": {},
}
ANSWER = {
    "type": "invocationresult",
    "invocation_id": INVOCATION["invocation_id"],
    "function_id": "orders::take",
    "result": {},
}
REJECTION = {"type": "registrationrejected", "namespace": "default"}
CONFLICT = REJECTION | {
    "code": "FUNCTION_NAMESPACE_CONFLICT",
    "function_id": "orders::take",
    "owner_worker_id": "0b7e1a52-0000-4000-8000-000000000002",
}


def watched(requirement: str, *records: Record[None]) -> Finding:
    """The conclusion of a requirement's watch on records."""
    watch = CHECKS[requirement].watch
    assert watch is not None
    return watch.judge(*records)


def spoken() -> Story:
    """A worker that has announced itself and registered a function."""
    return Story().opens().says(ANNOUNCEMENT).says(FUNCTION)


@pytest.mark.parametrize(
    ("requirement", "answers", "conclusion"),
    [
        ("INV-002", [ANSWER], Conclusion.KEPT),
        ("INV-002", [ANSWER, ANSWER], Conclusion.BROKEN),
        ("INV-003", [ANSWER | {"function_id": "orders::give"}], Conclusion.BROKEN),
        ("INV-005", [ANSWER | {"error": {"code": "a", "message": "b"}}], Conclusion.KEPT),
        ("INV-005", [ANSWER | {"error": {"code": 5, "message": "b"}}], Conclusion.BROKEN),
        (
            "INV-005",
            [ANSWER | {"error": {"code": "a", "message": "b", "stacktrace": []}}],
            Conclusion.BROKEN,
        ),
        ("INV-036", [ANSWER | {"error": None}], Conclusion.KEPT),
        ("INV-036", [ANSWER | {"error": {"code": "a", "message": "b"}}], Conclusion.BROKEN),
        ("INV-037", [ANSWER], Conclusion.KEPT),
        ("INV-037", [ANSWER | {"invocation_id": "another"}], Conclusion.BROKEN),
        ("INV-037", [], Conclusion.INCONCLUSIVE),
    ],
)
def test_an_answer(
    requirement: str, answers: list[dict[str, object]], conclusion: Conclusion
) -> None:
    story = spoken().says(INVOCATION, engine=True)
    for answer in answers:
        story.says(answer)

    assert watched(requirement, story.record(None)).conclusion is conclusion


def test_one_run_of_many_breaks_a_rule_and_every_offender_is_named() -> None:
    right = spoken().record(None)
    wrong = spoken().says(FUNCTION | {"id": "take"}).says(FUNCTION | {"id": "give"}).record(None)

    finding = watched("REG-003", right, wrong)

    assert finding.conclusion is Conclusion.BROKEN
    assert finding.seen == 'the id "take"; the id "give"'
    assert watched("REG-003", right).conclusion is Conclusion.KEPT


@pytest.mark.parametrize(
    ("payload", "seen"),
    [(b"", None), (b"\x03\xe8bye", None), (b"\x03\xeebye", "the code 1006"), (b"\x03", "one byte")],
)
def test_a_close_frame(payload: bytes, seen: str | None) -> None:
    story = spoken().sends(Opcode.CLOSE, payload).ends(Ending.CLOSE_FRAME)

    finding = watched("FRM-013", story.record(None))

    assert finding.conclusion is (Conclusion.BROKEN if seen else Conclusion.KEPT)
    assert (seen or "") in finding.seen


@pytest.mark.parametrize(
    ("story", "conclusion"),
    [
        (spoken().sends(Opcode.CLOSE, engine=True).ends(Ending.EOF), Conclusion.BROKEN),
        (
            spoken().sends(Opcode.CLOSE, engine=True).sends(Opcode.CLOSE).ends(Ending.BY_ENGINE),
            Conclusion.KEPT,
        ),
        (spoken().sends(Opcode.CLOSE, engine=True).ends(Ending.RESET), Conclusion.KEPT),
        (spoken().sends(Opcode.CLOSE, engine=True).ends(Ending.BY_ENGINE), Conclusion.KEPT),
        (
            spoken()
            .says(REJECTION | {"code": "WORKER_NAMESPACE_CONFLICT"}, engine=True)
            .sends(Opcode.CLOSE, engine=True)
            .ends(Ending.EOF),
            Conclusion.KEPT,
        ),
    ],
)
def test_a_close_frame_is_answered(story: Story, conclusion: Conclusion) -> None:
    assert watched("FRM-013", story.record(None)).conclusion is conclusion


def test_who_ends_need_not_answer_a_close_frame() -> None:
    story = spoken().sends(Opcode.CLOSE, engine=True).ends(Ending.EOF)
    life = (LifeEvent(story.at, 0, Turn.EXITED, 0),)

    assert watched("FRM-013", story.record(None, 0, life)).conclusion is Conclusion.KEPT


TRIGGER = {
    "type": "registertrigger",
    "id": "a",
    "trigger_type": "http",
    "function_id": "orders::take",
    "config": {},
}


@pytest.mark.parametrize(
    ("message", "seen"),
    [
        ({"type": "unregisterfunction", "id": "orders::take"}, None),
        ({"type": "unregisterfunction", "id": "orders::tkae"}, "orders::tkae"),
        ({"type": "unregisterfunction", "function_id": "orders::take"}, "null"),
        ({"type": "unregistertrigger", "id": "a", "trigger_type": "http"}, None),
        ({"type": "unregistertrigger", "id": "a", "trigger_type": "cron"}, "cron"),
        ({"type": "unregistertrigger", "id": "a"}, "null"),
        ({"type": "unregistertrigger", "id": "orders::take", "trigger_type": "http"}, "nothing"),
    ],
)
def test_what_is_taken_back(message: dict[str, object], seen: str | None) -> None:
    finding = watched("REG-013", spoken().says(TRIGGER).says(message).record(None))

    assert finding.conclusion is (Conclusion.BROKEN if seen else Conclusion.KEPT)
    assert (seen or "") in finding.seen


def test_a_function_may_take_back_what_a_caller_names() -> None:
    story = spoken().says(INVOCATION | {"data": {"id": "b"}}, engine=True)
    story.says({"type": "unregistertrigger", "id": "b", "trigger_type": "http"})

    assert watched("REG-013", story.record(None)).conclusion is Conclusion.INCONCLUSIVE


@pytest.mark.parametrize(
    ("ending", "conclusion"),
    [(Ending.MALFORMED, Conclusion.BROKEN), (Ending.TOO_LARGE, Conclusion.KEPT)],
)
def test_what_an_engine_takes_is_no_rule_of_websockets(
    ending: Ending, conclusion: Conclusion
) -> None:
    finding = watched("FRM-013", spoken().ends(ending).record(None))

    assert finding.conclusion is conclusion


# -- while a worker is connected ------------------------------------------------------------------


def test_a_process_that_ends_by_itself_is_told_with_what_came_before() -> None:
    story = spoken().says(INVOCATION, engine=True).ends()
    life = (LifeEvent(0.0, 0, Turn.STARTED), LifeEvent(story.at, 0, Turn.EXITED, 1))

    finding = watched("RDY-001", story.record(None, 1, life))

    assert finding.conclusion is Conclusion.BROKEN
    assert finding.seen == (
        "its process ended with exit code 1 after the engine's invokefunction of orders::take"
    )


@pytest.mark.parametrize("turn", [Turn.SIGNALLED, Turn.KILLED])
def test_a_process_that_was_told_to_end_may_end(turn: Turn) -> None:
    story = spoken().sends(Opcode.CLOSE).ends(Ending.CLOSE_FRAME)
    life = (LifeEvent(0.0, 0, turn, 15), LifeEvent(story.at, 0, Turn.EXITED, 0))

    assert watched("RDY-001", story.record(None, 0, life)).conclusion is Conclusion.INCONCLUSIVE


@pytest.mark.parametrize(
    ("story", "conclusion"),
    [
        (spoken().ends(Ending.EOF), Conclusion.BROKEN),
        (spoken().ends(Ending.RESET), Conclusion.BROKEN),
        (spoken().ends(Ending.BY_ENGINE), Conclusion.INCONCLUSIVE),
        (spoken().says({"type": 5}, engine=True).ends(), Conclusion.INCONCLUSIVE),
        (
            spoken().says(REJECTION | {"code": "WORKER_NAMESPACE_CONFLICT"}, engine=True).ends(),
            Conclusion.INCONCLUSIVE,
        ),
        (
            spoken().says(CONFLICT, engine=True).ends(),
            Conclusion.BROKEN,
        ),
    ],
)
def test_a_connection_that_the_worker_drops(story: Story, conclusion: Conclusion) -> None:
    assert watched("RDY-001", story.record(None)).conclusion is conclusion


def test_a_worker_that_was_not_there_for_a_trial() -> None:
    missed = spoken().record(None, missed="the worker was not connected when the trial needed it")

    assert watched("RDY-001", missed).seen == missed.missed


def test_every_watch_bears_what_is_no_message() -> None:
    blue = {**ANNOUNCEMENT, "data": {"namespace": "blue"}}
    story = Story().opens().says(blue).says(b"not json").says([1]).says(None).says({"type": 5})
    record = story.says(b"\xff", engine=True).says([1], engine=True).record(None)

    for requirement, check in CHECKS.items():
        if check.watch is not None:
            watched(requirement, record)
