"""Which rules of a schedule act, and when."""

from __future__ import annotations

from mock_engine.faults import (
    Accept,
    After,
    Close,
    Course,
    Delay,
    End,
    Fault,
    Now,
    Open,
    Received,
    Refuse,
    Reject,
    Reset,
    Rule,
    Sent,
    Span,
    Stall,
    rule,
)


def names(rules: list[Rule]) -> list[str]:
    return [each.fault.name for each in rules]


def untyped() -> str | None:
    raise AssertionError("no rule asked for the type")


def test_connections_are_counted_as_they_come() -> None:
    course = Course((Rule(Stall(), Accept(), Span(2, 3)),))

    assert [bool(course.accepted(key)) for key in (7, 8, 9, 10)] == [False, True, True, False]


def test_connections_that_were_there_before_are_number_zero() -> None:
    course = Course((rule(Reset()), Rule(End(), Received(), Span.only(0)), Rule(Close(), Open())))

    assert names(course.found(3, "/")) == ["reset"]
    assert names(course.received(3, untyped)) == ["end"]
    course.accepted(4)
    assert names(course.opened(4)) == ["close"]
    assert course.received(4, untyped) == []


def test_with_a_path_only_its_connections_are_counted() -> None:
    course = Course((rule(Reject(), connection=Span.only(2), path="/"),))
    seen = []
    for key, path in enumerate(("/otel", "/", "/otel", "/")):
        course.accepted(key)
        seen.append(names(course.requested(key, path)))

    assert seen == [[], [], [], ["reject"]]


def test_messages_are_counted_by_connection_and_type() -> None:
    course = Course((Rule(Reset(), Received(Span.only(2), "pong")), Rule(Delay(1), Sent(Span(3)))))
    course.accepted(1)
    course.accepted(2)

    assert course.received(1, lambda: "pong") == []
    assert course.received(1, lambda: "ping") == []
    assert names(course.received(1, lambda: "pong")) == ["reset"]
    assert course.received(2, lambda: "pong") == []
    assert [len(course.sent(1, untyped)) for _ in range(4)] == [0, 0, 1, 1]


def test_a_later_rule_acts_on_those_it_concerns() -> None:
    later = Rule(Reset(), After(2.0), path="/otel")
    course = Course((later,))
    course.accepted(1)
    course.requested(1, "/otel")
    course.accepted(2)

    assert course.later() == [(2.0, later)]
    assert course.due(1, later)
    assert not course.due(2, later)
    course.ended(1)
    assert not course.due(1, later)


def test_a_refusal_at_a_time_concerns_the_port() -> None:
    schedule = (rule(Refuse(), lasts=1), Rule(Refuse(), After(3)), Rule(Refuse(), Open()))
    course = Course(schedule)

    assert [seconds for seconds, _ in course.of_the_port()] == [0.0, 3]
    assert course.found(1, "/") == []
    assert course.later() == []
    course.accepted(2)
    assert names(course.opened(2)) == ["refuse"]


def test_every_fault_has_a_moment_of_its_own() -> None:
    def kinds(kind: type[Fault]) -> list[type[Fault]]:
        return [kind, *(k for each in kind.__subclasses__() for k in kinds(each))]

    assert all(kind.moments and kind.moments[0] for kind in kinds(Fault))
    assert Now in Fault.moments
