"""An engine with the usual modules."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from mock_engine.testing import LocalEngine

NAMES = ("iii-http", "iii-state", "iii-queue", "iii-pubsub", "iii-kv")


@pytest.fixture
def engine() -> Iterator[LocalEngine]:
    with LocalEngine({"workers": [{"name": name} for name in NAMES]}) as engine:
        yield engine
