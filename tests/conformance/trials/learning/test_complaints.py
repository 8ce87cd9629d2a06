"""What error messages in many languages say about the expected data."""

from __future__ import annotations

from typing import Any

import pytest

from conformance.trials.learning.complaints import hints
from conformance.trials.learning.hint import Hint


@pytest.mark.parametrize(
    ("message", "hint"),
    [
        ("missing field `customer` at line 1 column 2", Hint(name="customer")),
        ('invalid type: string "a", expected u64 at line 1', Hint(kind="integer", found="string")),
        ("unknown variant `x`, expected one of `a`, `b`", Hint(found="string", options=("a", "b"))),
        ("'ms'", Hint(name="ms")),
        ("Foo() missing 2 required positional arguments: 'x' and 'y'", Hint(name="y")),
        ("'NoneType' object has no attribute 'upper'", Hint(kind="string", found="null")),
        ("list indices must be integers or slices, not str", Hint(kind="object", found="array")),
        ("object of type 'int' has no len()", Hint(kind="array", found="integer")),
        ("Cannot read properties of undefined (reading 'street')", Hint(name="street")),
        ("data.items.map is not a function", Hint(path=("items",), kind="array")),
        ("data/user must be object", Hint(path=("user",), kind="object")),
        ("name is required", Hint(name="name")),
        ("amount must be a positive number", Hint(name="amount", kind="number")),
        ("quantity has to be > 0", Hint(name="quantity", kind="number")),
        ("text: expected a string", Hint(name="text", kind="string")),
        ("`amount` is not a number", Hint(name="amount", kind="number")),
        ("expected a list of names for guests", Hint(name="guests", kind="array")),
        ("please give an account", Hint(name="account")),
        ("refused: no account", Hint(name="account")),
        ("quantity must be an integer", Hint(path=("quantity",), kind="integer")),
        (
            "json: cannot unmarshal string into Go struct field Req.user.age of type int",
            Hint(path=("user", "age"), kind="integer"),
        ),
        (
            "1 validation error for Order\nlines.0.zip\n  Field required [type=missing]",
            Hint(path=("lines", 0, "zip")),
        ),
        (
            "1 validation error for Order\nqty\n  Input should be a valid integer [type=int_type]",
            Hint(path=("qty",), kind="integer"),
        ),
        (
            '[{"code":"invalid_type","expected":"string","path":["user","name"]}]',
            Hint(path=("user", "name"), kind="string"),
        ),
    ],
)
def test_a_complaint_is_a_hint(message: str, hint: Hint) -> None:
    assert hint in hints(message)


@pytest.mark.parametrize(
    ("message", "code", "names"),
    [
        ("bad_request: missing bed", "", {"bed"}),
        ("not_found: no such refund", "", {"refund"}),
        ("deserialization_error: missing field `customer`", "", {"customer"}),
        ("bad_request: text must be a string", "", {"text"}),
        ("invocation_failed: BAD_REQUEST: missing bed", "", {"bed"}),
        ("refused: must have account", "refused", {"account"}),
        ("order_id: must be a string", "", {"order_id"}),
        ("order_id: String must contain at least 1 character", "", {"order_id"}),
        ("Missing required fields: from, to", "", {"from", "to"}),
        ("from and to are required", "", {"from", "to"}),
        ("id, type or key missing", "", {"id", "type", "key"}),
        ("missing from the request", "", set()),
        ("expected string, number or null", "", set()),
    ],
)
def test_the_names_in_a_message_are_those_of_fields_and_not_its_codes(
    message: str, code: str, names: set[str]
) -> None:
    found = {hint.name or str((hint.path or ("",))[0]) for hint in hints(message, code=code)}

    assert found - {""} == names


def test_the_last_line_of_a_stack_tells_what_the_message_leaves_out() -> None:
    stack = "Traceback (most recent call last):\n  File \"a.py\", line 1\nKeyError: 'zip'\n"

    assert Hint(name="zip") in hints("it failed", stack)


@pytest.mark.parametrize("message", ["", "x" * 100_000, "[" * 5000, "'" * 999, "\x00\ud800"])
def test_any_text_is_read(message: Any) -> None:
    assert len(hints(message)) <= 20
