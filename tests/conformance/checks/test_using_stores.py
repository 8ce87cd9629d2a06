"""Stores and their readers: found by name, and judged by what the engine was asked."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from conformance.checks.stimuli.names import couples
from conformance.checks.stimuli.stores import Stored, marked, related, renamed
from conformance.checks.using.stores import gives_back_what_it_stored
from conformance.requirements.verdict import Conclusion
from conformance.trials.invoker import Invocation
from conformance.trials.learning.knowledge import Knowledge, Learned
from conformance.trials.learning.starts import request
from tests.conformance.checks.records import Story

MARKER = "conformance-0-1.5"
SET = {"scope": "samples", "key": "7", "value": {"note": MARKER}}


@pytest.mark.parametrize(
    ("names", "found"),
    [
        ("lab::register_sample lab::get_report lab::get_sample", "register_sample get_sample"),
        ("lab::plant lab::list lab::show", "plant show"),
        ("lab::addSample lab::lookup_samples", "addSample lookup_samples"),
        ("lab::create_lab lab::get", "create_lab get"),
        ("lab::register other::get", ""),
        ("lab::register_sample lab::get_run", ""),
        ("lab::decide lab::get", ""),
    ],
)
def test_words_of_names_tell_a_store_and_its_reader(names: str, found: str) -> None:
    expected = tuple(f"lab::{name}" for name in found.split())

    assert list(couples(names.split())) == ([expected] if found else [])


def test_what_is_stored_is_marked_and_then_asked_for() -> None:
    data = {"id": "a", "note": "x", "title": "x"}

    assert marked(data, "m", None) == {**data, "title": "m"}
    assert marked(data, "m", None, everywhere=True) == {"id": "a", "note": "m", "title": "m"}
    assert marked({"id": "a", "kind": "b"}, "m", None) == {"id": "m", "kind": "b"}
    assert marked({"n": 1}, "m", None) is None
    assert renamed({"id": "a", "note": MARKER}, MARKER) == {"id": "fresh-0-1.5", "note": MARKER}
    over_http = {**request({}), "body": {"note": "x"}}
    assert marked(over_http, "m", None)["body"] == {"note": "m"}
    assert related({"id": "b", "q": ""}, data, {"sample_id": "s"}, "m") == {"id": "a", "q": "m"}
    assert related({"id": "b"}, {"note": "m"}, {"body": {"sample_id": "s"}}, "m") == {"id": "s"}
    assert related({"ref_id": "b"}, {}, {}, MARKER, fresh=True) == {"ref_id": "fresh-0-1.5"}


def judged(
    called: dict[str, Any] | None,
    looked: str,
    found: Any = None,
    answer: Any = None,
    names: tuple[str, str] = ("lab::register", "lab::track"),
) -> Conclusion:
    """The conclusion about a store that made one call or none, and a reader that asked for "7"."""
    calls = {"type": "invokefunction", "function_id": "state::set", "invocation_id": "w"}
    look = {**calls, "function_id": "state::get", "invocation_id": "r"}
    story = Story().opens()
    invocations: list[Invocation] = []
    for name, made in zip(names, (called, {"scope": looked, "key": "7"}), strict=True):
        invocation = Invocation(f"of-{name}", name, 1, story.at)
        invocations.append(invocation)
        about = {"invocation_id": invocation.id, "function_id": name}
        story.says({"type": "invokefunction", **about, "data": {"id": "7"}}, engine=True)
        if made is not None:
            call = {**(calls if name == names[0] else look), "data": made}
            story.says(call)
            told = found if name == names[1] else {}
            story.says({**call, "type": "invocationresult", "result": told}, engine=True)
        told = {"ok": True} if name == names[0] else answer
        story.says({"type": "invocationresult", **about, "result": told})
    pairs: tuple[Stored, ...] = (Stored(invocations[0], invocations[1], MARKER),)
    record = story.record(pairs)
    functions = {
        names[0]: Learned(calls=("state::set",) if called is not None else ()),
        names[1]: Learned(calls=("state::get",)),
    }
    baseline = replace(record.baseline, knowledge=Knowledge(functions))
    return gives_back_what_it_stored(replace(record, baseline=baseline)).conclusion


def test_what_was_stored_where_its_reader_looks_is_kept() -> None:
    assert judged(SET, "samples", answer={"note": MARKER}) is Conclusion.KEPT
    assert judged(SET, "samples") is Conclusion.KEPT
    assert judged(SET, "other", found={"note": "old"}) is Conclusion.KEPT


def test_a_reader_that_looks_in_another_scope_does_not_find_what_was_stored() -> None:
    assert judged(SET, "other") is Conclusion.BROKEN
    other = {"scope": "counts", "key": "n", "value": 1}
    assert judged(other, "samples") is Conclusion.BROKEN


def test_a_store_that_calls_nobody_loses_what_its_reader_asks_the_engine_for() -> None:
    assert judged(None, "samples", answer={"error": f"no sample {MARKER}"}) is Conclusion.BROKEN


def test_a_store_with_a_memory_of_its_own_is_not_blamed() -> None:
    assert judged(None, "samples", found={"note": "old"}) is Conclusion.INCONCLUSIVE
    assert judged(None, "samples", answer={"note": MARKER}) is Conclusion.KEPT
