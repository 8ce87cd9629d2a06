"""Every listed value of a format gets its turn."""

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
    assert options({"type": "string"}) == options(None) == options({"properties": 5}) == []
