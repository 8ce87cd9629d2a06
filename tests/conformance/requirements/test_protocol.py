"""The protocol version by which a worker is judged."""

from __future__ import annotations

from typing import Any

import pytest

from conformance.errors import UsageError
from conformance.requirements.protocol import chosen, engines, spoken
from mock_engine.versions import RELEASED


@pytest.mark.parametrize(
    ("data", "version"),
    [
        ({"version": "0.22.1", "telemetry": {"framework": "iii-node"}}, "0.22.1"),
        ({"version": "0.22.1", "telemetry": {"framework": "mine"}}, "0.25"),
        ({"version": "1.0.0"}, "0.25"),
        ({"version": "0.9.0", "runtime": "node", "telemetry": {"language": "en"}}, "0.9.0"),
        ({"version": 5, "telemetry": None}, "0.25"),
        ({"version": "0.22.1", "telemetry": {"framework": ["iii-node"]}}, "0.25"),
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


@pytest.mark.parametrize("text", ["", "newest", "1.0", "0.27", "0.x", "v0.23"])
def test_a_version_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match="--protocol is"):
        chosen(text)


@pytest.mark.parametrize(
    ("version", "guess"), [("0.9.0", True), ("0.1.0", False), ("0.22.1", False), ("0.9", False)]
)
def test_a_version_that_is_guessed_is_said_to_be(version: str, guess: bool) -> None:
    data = {"version": version, "runtime": "node", "telemetry": {"language": "en-US"}}

    assert ("a guess" in spoken([data]).reason) is guess


@pytest.mark.parametrize(
    ("version", "language"), [("0.9.0", "python"), ("0.1.0", "en-US"), ("0.9.0", None)]
)
def test_a_worker_that_reports_by_itself_is_no_early_sdk(
    version: str, language: str | None
) -> None:
    data = {"version": version, "runtime": "python", "telemetry": {"language": language}}

    assert spoken([data]).version == RELEASED


@pytest.mark.parametrize(("engine", "known"), [("0.22", False), ("0.23", True), ("0.25", True)])
def test_what_an_engine_enforces_holds_for_workers_of_any_version(engine: str, known: bool) -> None:
    data = {"version": "0.11.6", "telemetry": {"framework": "iii-py"}}

    protocol = spoken([data], engine=engine)

    assert protocol.knows("0.23", None, "0.23") is known
    assert not protocol.knows("0.23", None)
    with pytest.raises(UsageError, match=r"--engine-version is 0\.99"):
        engines("0.99")
