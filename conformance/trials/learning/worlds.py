"""Two circumstances ("worlds") that differ in one thing, and whether a function notices.

A function whose answers and calls are the same whether a value is there or not, or whatever a
request contains, may be correct. So what is found here is a question, never a failure.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from conformance.documents.trees import at, children, equal, places, put
from conformance.trials.learning.knowledge import Depth, Learned, Question
from conformance.trials.learning.starts import parameters

BODIED = ("POST", "PUT", "PATCH")
"""Methods whose requests have a meaningful body."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """The outcome of an invocation in one world: its result, and its calls with their data.

    ``found`` is whether the engine had a value for what it asked for. ``failed`` is whether the
    outcome was an error, and ``exception`` is the programming mistake that it tells of, if any.
    """

    data: Any
    result: Any
    calls: tuple[tuple[str, Any], ...] = ()
    found: bool = False
    failed: bool = False
    exception: str | None = None


def same(one: Outcome, other: Outcome) -> bool:
    """Whether two worlds look the same from outside."""
    if not equal(one.result, other.result) or len(one.calls) != len(other.calls):
        return False
    pairs = zip(one.calls, other.calls, strict=True)
    return all(mine[0] == theirs[0] and equal(mine[1], theirs[1]) for mine, theirs in pairs)


def same_but_for_chance(one: Outcome, again: Outcome, other: Outcome) -> bool:
    """Whether ``other`` looks like ``one``, except where ``again``, its repetition, differs too.

    Ids and times differ whatever the data is.
    """
    trees = [[o.result, [[name, data] for name, data in o.calls]] for o in (one, again, other)]
    leaves = [
        {path: at(tree, path) for path in places(tree) if not [*children(at(tree, path))]}
        for tree in trees
    ]
    first, second, third = leaves
    if not first.keys() == second.keys() == third.keys():
        return False
    steady = [path for path in first if equal(first[path], second[path])]
    shown = any(first[path] not in ([], {}, None) for path in steady)
    return shown and all(equal(first[path], third[path]) for path in steady)


def of_a_value(function_id: str, target: str, absent: Outcome, there: Outcome) -> Question | None:
    """Ask about a function that reads a value and ignores it."""
    if not there.found or not same(absent, there):
        return None
    text = (
        f"{function_id} answers and calls the same whether {target} gives it the value that was "
        "stored before, or none: does it read what it asks for?"
    )
    return Question(text, function_id, (absent.data, absent.result), (there.data, there.result))


def of_what_is_absent(
    function_id: str, target: str, absent: Outcome, there: Outcome
) -> Question | None:
    """Ask about a function that fails by a programming mistake where no value is stored.

    An error is an answer, and a function may fail where a value is absent, but on purpose.
    """
    if not there.found or there.failed or there.exception or not absent.exception:
        return None
    text = (
        f"{function_id} answers with {absent.exception} where {target} gives it no value, and "
        "without where there is one: does it mean to?"
    )
    return Question(text, function_id, (absent.data, absent.result), (there.data, there.result))


def is_request(data: Any) -> bool:
    """Whether data is the event of an HTTP request."""
    return isinstance(data, dict) and "path_params" in data and "body" in data


def plainest(example: Any, config: Any) -> Any:
    """A request that was taken, without the parts that its route does not put into it."""
    if not is_request(example) or not isinstance(config, Mapping):
        return None
    names = parameters(str(config.get("api_path", "")))
    given = example["path_params"] if isinstance(example["path_params"], Mapping) else {}
    kept = {name: value for name, value in given.items() if name in names}
    return {**example, "path_params": kept, "query_params": {}}


def variants(example: Any, config: Any) -> dict[str, Any]:
    """Requests that differ in one part from one that was taken, by the name of that part."""
    if not is_request(example) or not isinstance(config, Mapping):
        return {}
    found: dict[str, Any] = {}
    given = example.get("path_params")
    for name in parameters(str(config.get("api_path", ""))):
        if isinstance(given, dict) and isinstance(given.get(name), str):
            found[f"path parameter {name}"] = put(
                example, ("path_params", name), f"{given[name]}-other"
            )
    body = example.get("body")
    bodied = str(config.get("http_method", "")).upper() in BODIED
    if bodied and isinstance(body, dict) and body:
        found["body"] = {**example, "body": _otherwise(body)}
    return found


def _otherwise(body: Any) -> Any:
    """The value with every text and number in it changed, but of the same shape."""
    for path in places(body):
        leaf = at(body, path)
        if isinstance(leaf, str):
            body = put(body, path, f"{leaf}-other")
        elif isinstance(leaf, int | float) and not isinstance(leaf, bool):
            body = put(body, path, leaf + 1)
    return body


def of_a_request(function_id: str, part: str, one: Outcome, other: Outcome) -> Question | None:
    """Ask about a function behind a route that ignores a part of the request.

    A handler that calls nothing may need no body: a greeting, a health check.
    """
    if not same(one, other) or (part == "body" and not one.calls):
        return None
    text = (
        f"{function_id} answers and calls the same whatever the {part} of its request is: does it "
        "read it?"
    )
    return Question(text, function_id, (one.data, one.result), (other.data, other.result))


def of_a_parameter(
    function_id: str, part: str, one: Outcome, again: Outcome, other: Outcome
) -> Question | None:
    """Ask about a function behind a route whose path parameter appears nowhere.

    ``again`` is with the data of ``one``, and in ``other`` the parameter has another value.
    """
    name = part.rpartition(" ")[2]
    shown = json.dumps([other.result, other.calls])
    if other.data["path_params"][name] in shown or not same_but_for_chance(one, again, other):
        return None
    text = (
        f"{function_id} answers and calls the same whatever the {part} of its request is, except "
        "for what differs anyway: does it read it?"
    )
    return Question(text, function_id, (one.data, one.result), (other.data, other.result))


def of_a_store(
    readers: Iterable[tuple[str, Outcome]], functions: Mapping[str, Learned]
) -> list[Question]:
    """Ask about a function that reads what no function of its family was seen to store.

    ``readers`` read and found nothing.
    """
    questions: list[Question] = []
    families = {
        name.rpartition("::")[0]
        for name, one in functions.items()
        if any(call.endswith(("::set", "::update")) for call in one.calls)
    }
    for reader, outcome in readers:
        family = reader.rpartition("::")[0]
        idle = [
            name
            for name, one in functions.items()
            if name.rpartition("::")[0] == family and _takes_and_does_nothing(one)
        ]
        if outcome.found or family in families or not idle:
            continue
        text = (
            f"{reader} reads what no function of {family} was seen to store; {idle[0]} takes data "
            "and calls nothing: does it store it?"
        )
        taken = functions[idle[0]].examples[0]
        questions.append(Question(text, reader, (taken, None), (outcome.data, outcome.result)))
    return questions


def _takes_and_does_nothing(one: Learned) -> bool:
    """Whether a function needs two members of data or more, reports success, and does nothing."""
    if one.depth is not Depth.RESULT or one.calls or not one.refused:
        return False
    best = one.examples[0]
    body = best["body"] if is_request(best) else best
    return isinstance(body, dict) and sum(1 for _ in children(body)) > 1
