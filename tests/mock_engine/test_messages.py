"""Encoding and decoding messages."""

from __future__ import annotations

import json
from typing import get_args

import pytest

from mock_engine.decoding import decode
from mock_engine.messages import (
    ABSENT,
    NULL,
    ErrorBody,
    FromWorker,
    InvocationResult,
    ProtocolMessage,
    encode,
    is_given,
    payload,
)


@pytest.mark.parametrize("kind", get_args(FromWorker))
def test_the_type_on_the_wire_is_the_name_in_lower_case(kind: type[ProtocolMessage]) -> None:
    assert kind.__struct_config__.tag == kind.__name__.lower()


def test_what_is_absent_is_not_written() -> None:
    message = InvocationResult("i", "f", error=ErrorBody("c", "m"))

    assert json.loads(encode(message)) == {
        "type": "invocationresult",
        "invocation_id": "i",
        "function_id": "f",
        "error": {"code": "c", "message": "m"},
    }


def test_a_message_survives_the_wire() -> None:
    known = "5b0d5b2e-0000-4000-8000-000000000000"
    message = InvocationResult(known, "f", payload({"n": 1}), traceparent="t")

    assert decode(encode(message)) == message


@pytest.mark.parametrize(
    ("part", "expected"), [(ABSENT, False), (NULL, False), (payload(0), True), (payload({}), True)]
)
def test_null_is_not_given(part: object, expected: bool) -> None:
    assert is_given(part) is expected  # type: ignore[arg-type]
