"""The engine's filters match what those of the official SDK match (crate ``iii-filter``)."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mock_engine.core.filters import Filter
from mock_engine.failures import Failure
from tests.sdks.build import FILTERS
from tests.sdks.toolchains import built

Judge = Callable[[Any, Any], bool | None]
"""Whether a document passes a filter; ``None`` for an invalid filter."""

keys = st.sampled_from(["a", "b", "a.b", "0", "", "\\", "length"])
numbers = (
    st.integers(-3, 3)
    | st.sampled_from([2**53, 2**53 + 1, -(2**53) - 1, 2**64, 1.5, -0.0, 1e300])
    | st.floats(-10, 10)
)
scalars = (
    st.none() | st.booleans() | numbers | st.sampled_from(["", "a", "ab", "b", "é", "\U0001d11e"])
)
values = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(keys, inner, max_size=3),
    max_leaves=6,
)
roots = st.sampled_from(["input", "output", "error", "caller", "metadata"])
documents = st.dictionaries(roots, values, max_size=4)


def _escaped(segment: str) -> str:
    return segment.replace("\\", "\\\\").replace(".", "\\.")


segments = st.lists(keys.map(_escaped) | st.sampled_from(["0", "1", "01", "a"]), max_size=3)
right_paths = st.builds(lambda root, rest: ".".join([root, *rest]), roots, segments)
element_paths = segments.map(lambda rest: ".".join(["@", *rest]))
wrong_paths = st.sampled_from(["other.a", "input..a", "input.a\\x", "input.", "@", "$other"])
names = st.sampled_from(
    ["$eq", "$ne", "$in", "$nin", "$exists", "$prefix", "$gt", "$gte", "$lt", "$lte", "$regex"]
)
operators = st.one_of(
    st.builds(lambda name, value: {name: value}, st.sampled_from(["$eq", "$ne"]), values),
    st.builds(lambda name, bound: {name: bound}, st.sampled_from(["$gt", "$gte"]), numbers),
    st.builds(lambda name, bound: {name: bound}, st.sampled_from(["$lt", "$lte"]), keys),
    st.builds(
        lambda name, items: {name: items},
        st.sampled_from(["$in", "$nin"]),
        st.lists(values, max_size=4),
    ),
    st.builds(lambda flag: {"$exists": flag}, st.booleans()),
    st.builds(lambda text: {"$prefix": text}, st.sampled_from(["", "a", "é"])),
)
any_tests = st.builds(
    lambda inner: {"$any": inner}, operators | st.dictionaries(element_paths, operators, max_size=2)
)
right_clauses = st.dictionaries(right_paths, operators | any_tests, max_size=2)
wrong_clauses = st.one_of(
    st.dictionaries(right_paths, st.dictionaries(names, values, max_size=2), max_size=2),
    st.dictionaries(wrong_paths, operators, min_size=1, max_size=2),
    st.dictionaries(right_paths, st.builds(lambda inner: {"$any": inner}, right_clauses)),
    values,
)


def _combined(clauses: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.recursive(
        clauses,
        lambda inner: st.one_of(
            st.builds(
                lambda name, several: {name: several},
                st.sampled_from(["$and", "$or"]),
                st.lists(inner, min_size=1, max_size=3),
            ),
            st.builds(lambda one: {"$not": one}, inner),
        ),
        max_leaves=5,
    )


filters = _combined(right_clauses) | _combined(right_clauses) | _combined(wrong_clauses)


@pytest.fixture(scope="module")
def oracle() -> Iterator[Judge]:
    """The filters of the SDK, in a separate process."""
    program = built(FILTERS).folder / "filter-oracle"
    with subprocess.Popen(
        [program], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        asked, answers = process.stdin, process.stdout

        def judge(source: Any, document: Any) -> bool | None:
            asked.write(json.dumps([source, document]) + "\n")
            asked.flush()
            verdict: bool | None = json.loads(answers.readline())
            return verdict

        yield judge
        asked.close()


def judged(source: Any, document: Any) -> bool | None:
    """The result of the engine's own filters."""
    try:
        return Filter(source).matches(document)
    except Failure:
        return None


@settings(max_examples=600, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(filters, documents)
def test_a_filter_passes_what_the_sdk_lets_pass(oracle: Judge, source: Any, document: Any) -> None:
    assert judged(source, document) is oracle(source, document)


def _nested(levels: int) -> Any:
    source: Any = {"input.a": {"$eq": 1}}
    for _ in range(levels):
        source = {"$not": source}
    return source


def _literal(levels: int) -> Any:
    value: Any = 1
    for _ in range(levels):
        value = [value]
    return {"input.a": {"$eq": value}}


@pytest.mark.parametrize(
    "source",
    [
        *(_nested(levels) for levels in (7, 8)),
        *(_literal(levels) for levels in (32, 33)),
        *({"input.a": {"$in": [0] * count}} for count in (256, 257)),
        *({"$and": [{"input.a": {"$ne": 0}}] * count} for count in (64, 65)),
        *({".".join(["input"] * count): {"$exists": False}} for count in (17, 18)),
        *({"input.a": {"$ne": "x" * count}} for count in (8192 - 19, 8192 - 18)),
        *({"input.a": {"$ne": "é" * count}} for count in (4086, 4087)),
    ],
    ids=lambda source: json.dumps(source)[:40],
)
def test_the_limits_are_those_of_the_sdk(oracle: Judge, source: Any) -> None:
    document = {"input": {"a": 1}}

    assert judged(source, document) is oracle(source, document)
