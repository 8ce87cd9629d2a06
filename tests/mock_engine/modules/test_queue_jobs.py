"""How often and how fast jobs are retried."""

from __future__ import annotations

from typing import Any

import pytest

from mock_engine.messages import ABSENT
from mock_engine.modules.offers import Bound
from mock_engine.modules.queue_jobs import Queue


def bound(**settings: Any) -> Queue:
    config = {"topic": "t", "queue_config": settings}
    binding = Bound("b", "durable:subscriber", "a::b", None, config, ABSENT)
    return Queue("t", "shelf", bindings={"b": binding})


def test_a_binding_without_settings_has_the_usual_ones() -> None:
    queue = bound()

    assert (queue.most_attempts, queue.places, queue.pause(1), queue.pause(3)) == (3, 10, 1.0, 4.0)


@pytest.mark.parametrize("wrong", ["5", -1, True, 1.5, None])
def test_a_setting_that_is_no_whole_number_is_as_if_absent(wrong: Any) -> None:
    assert bound(maxRetries=wrong).most_attempts == 3


def test_retries_of_a_topic_come_on_top_and_those_of_a_named_queue_do_not() -> None:
    assert bound(maxRetries=4).most_attempts == 5
    assert Queue("q", "shelf", named={"max_retries": 4}).most_attempts == 4


def test_a_fifo_queue_does_one_thing_at_a_time() -> None:
    assert bound(type="fifo", concurrency=9).places == 1


def test_a_queue_nobody_is_bound_to_is_not_served_unless_it_is_named() -> None:
    assert not Queue("t", "shelf").served
    assert Queue("t", "shelf", named={}).served
