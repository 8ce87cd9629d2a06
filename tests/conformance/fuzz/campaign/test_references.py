"""The result of one step, used in the data of a later one."""

from __future__ import annotations

from conformance.fuzz.campaign.references import filled_in, linked, needed

MADE = {"order": {"id": "8a7c-1"}, "title": "a title"}


def test_an_id_becomes_a_reference_and_is_filled_in_again() -> None:
    steps = [({"title": "a title"}, [MADE]), ({"x": 1}, []), ({"orderId": "8a7c-1"}, [])]

    values = linked(steps)

    assert values[2] == {"orderId": "${1.order.id}"}
    assert filled_in(values[2], [{"order": {"id": "other"}}, None]) == {"orderId": "other"}


def test_what_came_back_as_it_was_sent_is_no_reference() -> None:
    assert linked([({"title": "a title"}, [MADE]), ({"title": "a title"}, [])])[1] == {
        "title": "a title"
    }


def test_a_reference_to_nothing_stays_as_it_is() -> None:
    for text in ("${2.id}", "${1.no.such}", "${0}", "${x}", "$"):
        assert filled_in({"id": text}, [MADE]) == {"id": text}


def test_the_steps_that_the_last_one_needs() -> None:
    assert needed([{}, {"a": "${1.id}"}, {"b": 1}, {"c": ["${2.id}"]}]) == [0, 1, 3]
    assert needed([{"a": 1}]) == [0]
