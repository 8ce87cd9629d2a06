"""Releases of the engine, and the messages and fields of each."""

from __future__ import annotations

import json
from typing import Any

import pytest
from websockets.sync.client import connect

from mock_engine.testing import LocalEngine
from mock_engine.versions import BEHAVIOURS, QUEUE_SERVES_ENQUEUE, Release


def test_a_release_behaves_as_the_data_say() -> None:
    assert Release("0.22").does(QUEUE_SERVES_ENQUEUE)
    assert not Release().does(QUEUE_SERVES_ENQUEUE)
    assert all(isinstance(Release().does(name), bool) for name in BEHAVIOURS)


def test_a_release_has_the_messages_of_its_time() -> None:
    assert not Release("0.11").sends("registrationrejected")
    assert Release("0.23.0-rc.4").sends("registrationrejected")
    assert Release("0.11").lacking("workerregistered") == {"reattach_token", "features"}
    assert Release("0.25").lacking("workerregistered") == frozenset()


@pytest.mark.parametrize("version", ["", "x", "0.2", "0.99", "1.0"])
def test_what_is_no_known_release_is_refused(version: str) -> None:
    with pytest.raises(ValueError, match=r"no version|not known"):
        Release(version)


def greeting(version: str | None) -> Any:
    with LocalEngine(engine_version=version) as engine, connect(engine.url) as worker:
        return json.loads(worker.recv(10))


def test_a_worker_is_greeted_as_its_engine_would() -> None:
    assert set(greeting("0.11")) == {"type", "worker_id"}
    assert set(greeting(None)) == {"type", "worker_id", "reattach_token"}


def test_the_engine_says_which_release_it_is() -> None:
    with LocalEngine(engine_version="0.22") as engine:
        assert engine.invoke("engine::health::check", {})["version"] == "0.22"
