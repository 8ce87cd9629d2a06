from __future__ import annotations

import json
import uuid
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from conformance.documents import nodes
from conformance.documents.forms import UUID
from conformance.scenarios.patterns.base import Names
from conformance.scenarios.recording.generalise import Generaliser
from conformance.scenarios.recording.writing import write
from conformance.scenarios.values import pattern, template

IDS = st.uuids(version=4).map(str)
TEXTS = (
    st.text()
    | IDS
    | IDS.map(lambda each: f"/a/{each}/b")
    | IDS.map(lambda each: uuid.UUID(each).hex)
    | st.just("2026-11-25T21:00:00Z")
    | st.sampled_from(["on", "1e3", "no", "~", "${x}", "$any", "0x1f", "1_000", "2026-11-25", ""])
)
NUMBERS = st.integers(-(2**63), 2**63) | st.floats(allow_nan=False, allow_infinity=False)
KEYS = st.text(max_size=6) | st.sampled_from(["id", "pid", "stacktrace", "took_ms", "$any", "name"])
JSON = st.recursive(
    st.none() | st.booleans() | NUMBERS | TEXTS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(KEYS, inner, max_size=4),
    max_leaves=10,
)


def written(value: Any) -> Any:
    """A value after being written to a file and read back."""
    text = write({"scenario": 1, "steps": [{"worker": value}]})
    (step,) = dict(nodes.parse(text, "a.yaml").entries())["steps"].items()
    return dict(step.entries())["worker"]


@given(JSON)
def test_a_value_survives_the_file(value: Any) -> None:
    assert written(value).value == value


@given(st.lists(JSON, min_size=1, max_size=4))
def test_a_conversation_fits_what_is_made_of_it(messages: list[Any]) -> None:
    general = Generaliser()
    names: Names = {}
    for message in messages:
        found = pattern(written(general.expected(message)))
        solution = next(found.solutions(message, names), None)
        assert solution is not None, found.differences(message, names)
        names = solution


@given(st.lists(JSON, min_size=1, max_size=4))
def test_what_the_engine_sent_is_sent_again_but_for_its_ids(messages: list[Any]) -> None:
    general = Generaliser()
    names: dict[str, Any] = {}

    for message in messages:
        found = template(written(general.sent(message)))
        rendered = found.render(names, lambda: str(uuid.uuid4()))
        assert _without_ids(rendered) == _without_ids(message)


def _without_ids(value: Any) -> str:
    return UUID.sub("ID", json.dumps(value, sort_keys=True))


def test_an_id_of_the_engine_is_expected_again() -> None:
    general = Generaliser()
    known = str(uuid.uuid4())

    sent = general.sent({"invocation_id": known})
    expected = general.expected({"invocation_id": known.upper(), "note": f"for {known}"})

    assert sent == {"invocation_id": {"$new": "id1"}}
    assert expected == {"invocation_id": "${id1}", "note": "for ${id1}"}


def test_what_tells_of_the_machine_is_general() -> None:
    announcement = {
        "type": "invokefunction",
        "function_id": "engine::workers::register",
        "data": {"name": "host:42", "pid": 42, "os": "linux", "runtime": "python", "version": "1"},
    }

    data = Generaliser().expected(announcement)["data"]

    assert data["runtime"] == "python"
    assert {data[key]["$type"] for key in ("name", "os", "version")} == {"string"}
    assert data["pid"] == {"$type": "number"}


@pytest.mark.parametrize("text", ["on", "1e3", "0x10", "null", "yes", "2026-11-25", "1_0", "08"])
def test_texts_that_look_like_something_else_are_quoted(text: str) -> None:
    assert written(text).value == text
    assert yaml.safe_load(write({"a": text, "steps": [{}]}))["a"] == text
