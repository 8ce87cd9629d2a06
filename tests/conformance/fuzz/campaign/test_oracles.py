"""The oracles, on hand-made observations."""

from __future__ import annotations

import json
from typing import Any

import pytest

from conformance.fuzz.campaign.oracles import Kind, Observation, crossed, judge
from conformance.fuzz.target import Case, FuzzTarget
from conformance.trials.learning.exceptions import slipped_out, unexpected

ID = "0b7e1a52-0000-4000-8000-000000000001"
FORM = {"type": "object", "properties": {"n": {"type": "integer"}}, "required": ["n"]}
TARGET = FuzzTarget("f", {"request_format": FORM, "response_format": {"type": "integer"}})


def seen(body: Any = None, *, valid: bool | None = True, **more: Any) -> Observation:
    reply = None
    if body is not None:
        message = {"type": "invocationresult", "invocation_id": ID, "function_id": "f", **body}
        reply = json.dumps(message).encode()
    deliverable = more.pop("deliverable", True)
    case = Case("f", b'{"n":1}', {"n": 1}, valid, deliverable=deliverable)
    return Observation(case, "", reply, **more)


def failure(message: str, stack: str = "") -> Any:
    error = {"code": "invocation_failed", "message": message}
    return {"error": {**error, **({"stacktrace": stack} if stack else {})}}


def traceback(line: str, last: str) -> str:
    frames = f'  File "worker.py", line 9, in outcome\n    await handler()\n  File {line}'
    return f"Traceback (most recent call last):\n{frames}\n{last}\n"


PARSED = '"/usr/lib/python3.11/_strptime.py", line 349, in _strptime\n    (data_string, format))'
RAISED = '"worker.py", line 30, in pay\n    raise ValueError("the amount is too small")'


@pytest.mark.parametrize(
    ("stack", "name"),
    [
        (traceback(PARSED, "ValueError: any words"), "ValueError"),
        (
            traceback('"w.py", line 3, in f\n    open(path)', "FileNotFoundError: x"),
            "FileNotFoundError",
        ),
        (traceback(RAISED, "ValueError: the amount is too small"), None),
        (traceback('"w.py", line 3, in f', "ValueError: no line is shown"), None),
        (traceback('"w.py", line 3, in f\n    check(x)', "shop.errors.TooLate: x"), None),
        ("Error: ENOENT: no such file\n    at Object.openSync (node:fs:573:18)\n", "Error"),
        ("Error: on purpose\n    at pay (/app/worker.js:3:1)\n", None),
        ("", None),
    ],
)
def test_an_exception_slipped_out_when_no_line_raised_it(stack: str, name: str | None) -> None:
    assert slipped_out(stack) == name


@pytest.mark.parametrize(
    ("observation", "kind"),
    [
        (seen({"result": 1}), None),
        (seen({"result": 1.5}), Kind.RESULT),
        (seen({}), Kind.RESULT),
        (seen(), Kind.SILENT),
        (seen(deliverable=False), None),
        (seen(exit_code=3, deliverable=False), Kind.CRASH),
        (seen(exit_code=-11), Kind.CRASH),
        (seen(dropped=True), Kind.DROPPED),
        (seen(deaf=True), Kind.DEAF),
        (seen({"result": 1}, second=b"{}"), Kind.TWICE),
        (seen({"result": 1, "function_id": "g"}), Kind.MALFORMED),
        (seen({"result": float("nan")}), Kind.MALFORMED),
        (seen({"error": "no"}), Kind.MALFORMED),
        (seen(failure("division by zero")), Kind.EXCEPTION),
        (seen(failure("'user'")), Kind.EXCEPTION),
        (seen(failure("no such order")), None),
        (seen(failure("division by zero"), valid=False), None),
        (seen(failure("division by zero"), valid=None), None),
    ],
)
def test_an_observation_is_judged(observation: Observation, kind: Kind | None) -> None:
    suspicion = judge(TARGET, observation)

    assert (suspicion and suspicion.kind) is kind


def test_exceptions_may_be_let_pass() -> None:
    assert judge(TARGET, seen(failure("division by zero")), exceptions=False) is None


def test_a_format_that_says_little_makes_no_exception_a_mistake() -> None:
    target = FuzzTarget("f", {"request_format": {"type": "object"}})

    assert judge(target, seen(failure("KeyError: 'a'"))) is None


@pytest.mark.parametrize(
    ("message", "stack", "name"),
    [
        ("Cannot read properties of undefined (reading 'a')", "", "Cannot read propert"),
        ("it failed", "Traceback (most recent call last):\n  x\nKeyError: 'a'", "KeyError"),
        ("handler panicked: index out of bounds", "", "panicked"),
        ("order 5 is closed", "", None),
        ("'a' is not a valid colour", "", None),
    ],
)
def test_programming_mistakes_are_known_by_their_words(
    message: str, stack: str, name: str | None
) -> None:
    assert unexpected(message, stack) == name


def test_a_reply_with_the_tag_of_another_alone_is_crossed() -> None:
    mine, other = "tag-000000000001", "tag-000000000002"

    def foreign(*tags: str) -> set[str]:
        case = Case("f", b"", None)
        reply = json.dumps({"result": tags}).encode()
        return crossed(Observation(case, mine, reply), {mine, other})

    assert foreign(other) == {other}
    assert (
        foreign(mine) == foreign(mine, other) == foreign() == foreign("tag-000000000009") == set()
    )
