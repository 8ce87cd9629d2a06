"""What the user may give as an engine, and the errors for values that cannot be used."""

from __future__ import annotations

import asyncio
import sys

import pytest

from conformance.engines.command import EngineCommand, environment, free_ports
from conformance.engines.elsewhere import EngineAddress
from conformance.errors import Inconclusive, UsageError


@pytest.mark.parametrize("text", ["", "iii -c config.yaml", "sh -c 'unclosed {config}"])
def test_a_command_without_a_place_for_its_configuration_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match="--engine-cmd"):
        EngineCommand.parse(text)


@pytest.mark.parametrize(
    ("command", "complaint"),
    [
        ("/no/such/engine {config}", "cannot be started: No such file"),
        (f"{sys.executable} -c 'raise SystemExit(7)' {{config}}", "exit code 7 before it listened"),
    ],
)
def test_a_command_of_no_use_is_told(command: str, complaint: str) -> None:
    with pytest.raises(UsageError, match=complaint):
        asyncio.run(EngineCommand.parse(command).start("main"))


def test_an_engine_that_listens_nowhere_is_told() -> None:
    deaf = f"{sys.executable} -c 'import signal; signal.pause()' {{config}}"

    with pytest.raises(UsageError, match="runs and did not listen on port"):
        asyncio.run(EngineCommand.parse(deaf, factor=0.05).start("bare"))


def test_addresses_are_read() -> None:
    engine = EngineAddress.parse(["ws://engine:1", "http=http://engine:2/"])

    assert engine.urls == {
        "ws": "ws://engine:1",
        "http": "http://engine:2",
        "stream": "ws://engine:3112",
    }
    assert engine.described == "ws://engine:1"


@pytest.mark.parametrize(
    "texts", [["nowhere"], ["ws://engine"], ["smtp=ws://engine:1"], ["http=http://engine:1"]]
)
def test_wrong_addresses_are_refused(texts: list[str]) -> None:
    with pytest.raises(UsageError, match="--engine-url"):
        EngineAddress.parse(texts)


def test_an_engine_elsewhere_has_one_profile() -> None:
    engine = EngineAddress.parse(["ws://127.0.0.1:1"], "tight")

    with pytest.raises(Inconclusive, match="--engine-profile=main"):
        asyncio.run(engine.start("main"))


def test_an_engine_elsewhere_that_is_gone_is_told() -> None:
    (port,) = free_ports(1)
    engine = EngineAddress.parse([f"ws://127.0.0.1:{port}"])

    with pytest.raises(Inconclusive, match="nothing listens on"):
        asyncio.run(engine.start("main"))


def test_an_engine_hears_nothing_of_what_workers_are_told() -> None:
    given = {"III_URL": "x", "OTEL_SDK": "x", "III_NAMESPACE": "x", "PATH": "/bin"}

    found = environment(given)

    assert {*given} & {*found} == {"PATH"}
    assert found["III_TELEMETRY_ENABLED"] == "false"
