"""What is known about sensible data before a function has answered."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from conformance.fuzz.plan import Plan
from conformance.fuzz.search.corpus import Corpus
from conformance.fuzz.values.strings import TAG
from conformance.trials.harness import Harness

HTTP = {
    "path": "/",
    "method": "POST",
    "headers": {"content-type": "application/json"},
    "query_params": {"q": "a"},
    "path_params": {},
    "body": {"a": TAG},
}
"""The data of a function that is bound to an HTTP route."""


def seeds(
    harness: Harness, functions: Iterable[str], plan: Plan, corpus: Corpus
) -> dict[str, list[Any]]:
    """For each function the user's examples, traffic, samples, HTTP requests, earlier inputs."""
    found: dict[str, list[Any]] = {}
    samples = dict(harness.invoker.samples())
    for name in functions:
        case = harness.settings.invoking.functions.get(name)
        known = [*(case.examples if case else ()), *plan.traffic.get(name, ())]
        found[name] = [*known, samples.get(name, {})]
    for registration in harness.talk.registrations:
        body = registration.message.json
        name = body.get("function_id")
        if name in found and body.get("trigger_type") in ("http", "api"):
            found[name].append(HTTP)
    for name, value in corpus.inputs():
        if name in found:
            found[name].append(value)
    return found
