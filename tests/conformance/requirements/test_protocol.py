"""The protocol version that a worker is held to."""

from __future__ import annotations

from typing import Any

import pytest

from conformance.errors import UsageError
from conformance.requirements.protocol import chosen, spoken


@pytest.mark.parametrize(
    ("data", "version"),
    [
        ({"version": "0.22.1", "telemetry": {"framework": "iii-node"}}, "0.22.1"),
        ({"version": "0.22.1", "telemetry": {"framework": "mine"}}, "0.25"),
        ({"version": "1.0.0"}, "0.25"),
        ({"version": 5, "telemetry": None}, "0.25"),
    ],
)
def test_the_version_is_that_of_an_official_sdk(data: dict[str, Any], version: str) -> None:
    assert spoken([data]).version == version


def test_the_user_may_name_the_version() -> None:
    data = {"version": "0.25.0", "telemetry": {"framework": "iii-py"}, "features": ["a", "a", 5]}

    protocol = spoken([data], chosen("0.11"))

    assert (protocol.version, protocol.features) == ("0.11", ("a",))
    assert "--protocol 0.11" in protocol.reason
    assert chosen("auto") is None


@pytest.mark.parametrize("text", ["", "newest", "1.0", "0.26", "0.x", "v0.23"])
def test_a_version_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match="--protocol is"):
        chosen(text)
