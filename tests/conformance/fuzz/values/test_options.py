"""Every listed value of a format is used."""

from __future__ import annotations

from conformance.fuzz.values.options import options

FORMAT = {
    "type": "object",
    "properties": {
        "kind": {"enum": [f"k{n}" for n in range(12)]},
        "deep": {"type": "object", "properties": {"flag": {"type": "boolean"}}},
        "n": {"type": "integer"},
    },
    "required": ["kind", "n"],
}


def test_each_listed_value_is_put_into_a_plain_example() -> None:
    found = options(FORMAT)

    assert [one["kind"] for one in found[:12]] == [f"k{n}" for n in range(12)]
    assert [one["deep"]["flag"] for one in found[12:]] == [True, False]
    assert all(one["n"] == 1 for one in found)


def test_a_format_that_lists_nothing_has_no_options() -> None:
    assert options({"type": "integer"}) == options(None) == options({"properties": 5}) == []


def test_a_list_within_a_list_and_behind_a_reference_is_found() -> None:
    month = {"type": "object", "properties": {"m": {"enum": ["jan", "feb", "mar"]}}}
    rows = {"type": "array", "items": {"$ref": "#/$defs/month"}}
    schema = {"$defs": {"month": month}, "type": "object", "properties": {"rows": rows}}

    assert [one["rows"][0]["m"] for one in options(schema)] == ["jan", "feb", "mar"]


def test_any_text_may_be_an_expression_to_a_program() -> None:
    assert {"", "([", "100%", "%s {0}"} <= set(options({"type": "string"}))
