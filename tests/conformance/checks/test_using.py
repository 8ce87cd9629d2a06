"""Checks of how a worker uses the engine, on handmade records and examples."""

from __future__ import annotations

from conformance.checks.using.requests import complete
from conformance.trials.learning.starts import is_risky, request


def test_requests_that_were_taken_are_sent_as_an_engine_does() -> None:
    taken = {**request({"api_path": "/parcels"}), "body": {"weight": 1}}

    assert complete([{"weight": 1}, {**taken, "weight": 1}, 7]) == [taken]


def test_the_word_http_in_a_name_is_no_effect_outside_the_worker() -> None:
    assert not is_risky("lab::create_http")
    assert is_risky("web::fetch")
