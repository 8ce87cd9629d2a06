"""Fault schedules as plain data."""

from __future__ import annotations

from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from mock_engine.faults import (
    After,
    Close,
    HalfOpen,
    Inject,
    Malform,
    Now,
    Received,
    Reject,
    Reset,
    Rule,
    Sent,
    Span,
    Split,
    UnreadableError,
    Upgrade,
    read,
    rule,
    write,
)
from mock_engine.faults.schedule import FAULTS


def test_a_schedule_is_read() -> None:
    text = """
    - do: {close: 1001}
    - do: {reject: {status: 502}}
      connection: 1-2
    - do: reset
      when: {received: {number: 3, type: invocationresult}}
      connection: 2
      path: /
    - do: half-open
      when: {after: 1.5}
      for: 3
    - {do: {split: 10}, when: {sent: 2-}}
    - reset
    - do: {inject: {json: {type: future}}}
    """

    assert read(yaml.safe_load(text)) == (
        Rule(Close(1001), Now()),
        Rule(Reject(502), Upgrade(), Span(1, 2)),
        Rule(Reset(), Received(Span.only(3), "invocationresult"), Span.only(2), "/"),
        Rule(HalfOpen(), After(1.5), lasts=3),
        Rule(Split(10), Sent(Span(2))),
        Rule(Reset(), Now()),
        Rule(Inject('{"type": "future"}'), Now()),
    )


@pytest.mark.parametrize(
    ("data", "complaint"),
    [
        (7, r"faults: a rule is expected, as in \{do: reset\}; found 7"),
        ([{"when": "now"}], r"faults\[0\]: `do` is missing"),
        ([{"do": "rest"}], r"faults\[0\].do: `rest` is unknown; did you mean `reset`\?"),
        ([{"do": {"close": "x"}}], r"faults\[0\].do.close: Expected `int \| null`, got `str`"),
        ([{"do": {"close": {"cod": 1}}}], r"unknown field `cod`; its fields: code, reason"),
        ([{"do": {"reject": 99}}], r"`int` >= 200"),
        ([{"do": {"reset": 1}}], r"faults\[0\].do.reset: nothing is expected here; found 1"),
        ([{"do": "stall", "when": "open"}], r"`stall` cannot act at `open`; it can at: accept"),
        ([{"do": "reset", "when": "never"}], r"faults\[0\].when: `never` is unknown; known: now"),
        ([{"do": "reset", "for": 1}], r"`reset` does not last; leave out `for`"),
        ([{"do": "refuse", "for": "long"}], r"faults\[0\].for: a number of seconds is expected"),
        ([{"do": "refuse", "for": -1}], r"faults\[0\]"),
        ([{"do": "reset", "when": "accept", "path": "/"}], r"no path is known yet"),
        ([{"do": "reset", "path": 1}], r"a path such as /otel is expected; found 1"),
        ([{"do": "reset", "conection": 1}], r"`conection` is unknown; did you mean `connection`"),
        ([{"do": "reset", "connection": "two"}], r"numbers as in 2-4, 3- or any is expected"),
        ([{"do": "reset", "connection": 1}], r"`now` is about connections that are open already"),
        ([{"do": "inject"}], r"`inject` needs either `text` or `hex`"),
        ([{"do": {"inject": {"hex": "abc"}}}], r"faults\[0\].do.inject: Expected `str` matching"),
        ([{"do": ["reset"]}], r"faults\[0\].do: a name is expected, as in `refuse`"),
    ],
)
def test_what_is_no_schedule_is_told(data: Any, complaint: str) -> None:
    with pytest.raises(UnreadableError, match=complaint):
        read(data)


SPANS = st.one_of(
    st.builds(Span, st.integers(0, 9)),
    st.builds(lambda first, more: Span(first, first + more), st.integers(0, 9), st.integers(0, 9)),
)
Fields = dict[str, dict[str, Any]]
NEEDS: Fields = {
    "slow-reads": {"rate": 9},
    "split": {"size": 9},
    "delay": {"seconds": 0.5},
}
MOMENTS: Fields = {
    "received": {"number": Span(2), "type": "pong"},
    "after": {"seconds": 1.5},
}


@st.composite
def rules(draw: st.DrawFn) -> Rule:
    kind = draw(st.sampled_from(FAULTS))
    fault = Inject(hex="00ff") if kind is Inject else kind(**NEEDS.get(kind.name, {}))
    moment = draw(st.sampled_from(kind.moments))
    when = moment(**MOMENTS.get(moment.name, {}))
    span = Span() if isinstance(when, Now) else draw(SPANS)
    lasts = draw(st.sampled_from([None, 2.0])) if kind.passing else None
    path = None if moment.name == "accept" else draw(st.sampled_from([None, "/otel"]))
    return Rule(fault, when, span, path, lasts)


@given(st.lists(rules()))
def test_a_schedule_written_is_read_as_it_was(schedule: list[Rule]) -> None:
    assert read(write(schedule)) == tuple(schedule)


def test_a_rule_has_the_moment_that_suits_its_fault() -> None:
    assert isinstance(rule(Reject()).when, Upgrade)
    assert isinstance(rule(Malform()).when, Sent)
