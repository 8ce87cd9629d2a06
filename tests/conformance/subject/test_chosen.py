"""The worker that the options choose."""

from __future__ import annotations

from typing import Any

import pytest

from conformance.errors import UsageError
from conformance.subject.chosen import subject, variables
from conformance.subject.command import Command
from conformance.subject.environment import environment, placed
from conformance.subject.isolated import Isolated


def test_a_command_and_an_isolated_one() -> None:
    assert subject({"worker-cmd": "a 'b c'"}) == Command(("a", "b c"), "a 'b c'")
    assert subject({"worker-cmd": "a", "isolate": True}) == Isolated(Command(("a",), "a"))


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"worker-cmd": "a", "worker-image": "b"}, "exclude each other"),
        ({"worker-cmd": "a", "worker-network": "b"}, "for the containers of --worker-image"),
        ({"worker-image": "a", "isolate": True}, "--isolate is for --worker-cmd"),
        ({"worker-attach": 1, "worker-image": "b"}, "--worker-image and --worker-attach exclude"),
        ({"worker-attach": 0}, "give the port"),
        ({"worker-attach": 5, "isolate": True}, "--isolate is for --worker-cmd"),
        ({"worker-cmd": ""}, "--worker-cmd is empty"),
        ({"worker-cmd": "a 'b"}, "cannot be split"),
        ({"worker-image": " "}, "--worker-image is empty"),
    ],
)
def test_options_that_contradict_each_other(options: dict[str, Any], told: str) -> None:
    with pytest.raises(UsageError, match=told):
        subject(options)


def test_variables_are_given_or_taken_from_the_present_environment() -> None:
    given = variables(["A=1=2", "B=", "C"], {"C": "here", "D": "not asked for"})

    assert given == {"A": "1=2", "B": "", "C": "here"}


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("=1", "expected NAME=VALUE"),
        ("C", "is not in the present environment"),
        ("III_URL=ws://x", "which the suite sets"),
    ],
)
def test_variables_that_cannot_be(text: str, told: str) -> None:
    with pytest.raises(UsageError, match=told):
        variables([text], {})


def test_the_address_is_in_the_words_and_the_environment_and_out_of_the_proxy() -> None:
    env = environment({"NO_PROXY": "x", "A": "1"}, "10.0.0.7", 5, "mark", ("MINE",), {"A": "2"})

    assert env["III_URL"] == env["MINE"] == "ws://10.0.0.7:5"
    assert env["NO_PROXY"] == "x,127.0.0.1,localhost,::1,10.0.0.7"
    assert env["A"] == "2"
    assert placed(["{url}", "-p{port}", "{host}"], "::1", 5) == ["ws://[::1]:5", "-p5", "::1"]
