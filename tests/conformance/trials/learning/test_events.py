"""Functions are learned about with what their worker itself sends them."""

from __future__ import annotations

from typing import Any

from conformance.trials.learning.events import events
from conformance.trials.learning.knowledge import Depth
from conformance.trials.learning.learner import Learner, Names, Reply

BOUND: list[dict[str, Any]] = [
    {"trigger_type": "subscribe", "function_id": "shop::noted", "config": {"topic": "notes"}},
    {"trigger_type": "queue", "function_id": "shop::queued", "config": {"queue": "jobs"}},
    {"trigger_type": "state", "function_id": "shop::changed", "config": {"scope": "orders"}},
    {"trigger_type": "http", "function_id": "shop::page", "config": {"api_path": "/"}},
]


def test_what_is_published_to_a_topic_is_for_the_functions_bound_to_it() -> None:
    calls = [
        {"function_id": "publish", "data": {"topic": "notes", "data": {"id": "a"}}},
        {"function_id": "publish", "data": {"topic": "notes", "data": {"id": "b"}}},
        {"function_id": "publish", "data": {"topic": "others", "data": 1}},
        {"function_id": "enqueue", "data": {"queue": "jobs", "data": 7}},
    ]

    assert events(BOUND, calls, []) == {"shop::noted": [{"id": "b"}], "shop::queued": [7]}


def test_what_the_engine_delivers_is_for_the_function_that_gets_it() -> None:
    changed = {"event_type": "state:created", "scope": "orders", "key": "a", "new_value": 1}
    delivered = [
        {"function_id": "shop::changed", "data": changed},
        {"function_id": "shop::page", "data": {"path": "/"}},
    ]

    assert events(BOUND, [], delivered) == {"shop::changed": [changed]}


def test_an_event_is_tried_and_comes_before_data_that_got_as_far() -> None:
    learner = Learner("shop::noted", [{}], Names())
    while (proposal := learner.next()) is not None:
        learner.take(proposal[0], Reply({"skipped": True}))

    assert learner.offer([{}, {"id": "a"}])
    assert learner.next() == ({"id": "a"},)
    learner.take({"id": "a"}, Reply({"skipped": True}))
    assert learner.next() is None
    assert learner.learned().examples[0] == {"id": "a"}
    assert learner.learned().depth is Depth.RESULT
    assert not learner.offer([{"id": "a"}])


def test_a_function_that_is_tried_once_gets_no_events() -> None:
    assert not Learner("shop::send", [{}], Names(), 1).offer([{"id": "a"}])
