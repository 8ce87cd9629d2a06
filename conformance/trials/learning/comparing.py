"""Invokes functions in two circumstances that differ in one thing, and asks if nothing differs."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Protocol

from conformance.documents.trees import put, where
from conformance.trials.conversation import Conversation
from conformance.trials.gateway import READS
from conformance.trials.learning.exceptions import unexpected
from conformance.trials.learning.knowledge import Depth, Learned, Question, Relay
from conformance.trials.learning.learner import Reply, complaint
from conformance.trials.learning.starts import is_risky
from conformance.trials.learning.worlds import (
    Outcome,
    is_request,
    of_a_parameter,
    of_a_request,
    of_a_store,
    of_a_value,
    of_what_is_absent,
    plainest,
    same,
    variants,
)
from mock_engine.transcript import Direction, Message

STATE_WRITES = ("state::set", "state::update")
"""Functions that keep a value under a scope and a key, which readers ask for."""

MOST_KEYS = 3
MOST_READERS = 6
"""Functions that are invoked where a value is stored, and where none is."""


class Invoking(Protocol):
    """Invokes a function, and reports the outcome."""

    async def __call__(self, function_id: str, data: Any, *, barren: bool) -> Outcome | None:
        """The outcome; ``None`` without an answer. With ``barren``, no stored value is found."""
        ...


async def compare(
    invoke: Invoking,
    relays: Iterable[Relay],
    functions: Mapping[str, Learned],
    bindings: Iterable[Mapping[str, Any]],
    stored: Iterable[Any] = (),
) -> list[Question]:
    """The questions about all functions of a worker.

    ``stored`` is the data of its calls that stored something.
    """
    relays = list(relays)
    questions: list[Question | None] = [*await _absent(invoke, functions, list(stored))]
    empty: list[tuple[str, Outcome]] = []
    for relay in (relay for relay in relays if relay.target in READS):
        there = await invoke(relay.function_id, relay.data, barren=False)
        absent = await invoke(relay.function_id, relay.data, barren=True)
        if _results(there, absent) and there is not None and absent is not None:
            questions.append(of_a_value(relay.function_id, relay.target, absent, there))
            empty += [] if there.found else [(relay.function_id, there)]
    if all(one.depth >= Depth.RESULT for one in functions.values()):
        questions += of_a_store(empty, functions)
    for binding in bindings:
        if binding.get("trigger_type") == "http":
            questions += await _requests(invoke, functions, binding)
    return [question for question in questions if question is not None]


def _results(*outcomes: Outcome | None) -> bool:
    return all(outcome is not None and not outcome.failed for outcome in outcomes)


async def _absent(
    invoke: Invoking, functions: Mapping[str, Learned], stored: Sequence[Any]
) -> Sequence[Question | None]:
    """Invoke functions that ask for values where there is one, and where there is none."""
    questions: list[Question | None] = []
    readers = {name: one for name, one in functions.items() if set(one.calls) & set(READS)}
    able = ((name, one) for name, one in readers.items() if not is_risky(name))
    for name, one in itertools.islice(able, MOST_READERS):
        target = next(call for call in one.calls if call in READS)
        there = await _where_it_is(invoke, name, one.examples, stored)
        absent = await invoke(name, there.data, barren=True) if there is not None else None
        if there is not None and absent is not None:
            questions.append(of_what_is_absent(name, target, absent, there))
    return questions


async def _where_it_is(
    invoke: Invoking, function_id: str, examples: Iterable[Any], stored: Sequence[Any]
) -> Outcome | None:
    """The outcome with data for which the engine has a value, if there is such data."""
    for example in examples:
        outcome = await invoke(function_id, example, barren=False)
        if outcome is None or outcome.found:
            return outcome
        for data in itertools.islice(addressed(example, outcome.calls, stored), MOST_KEYS):
            outcome = await invoke(function_id, data, barren=False)
            if outcome is None or outcome.found:
                return outcome
    return None


def addressed(example: Any, calls: Iterable[tuple[str, Any]], stored: Iterable[Any]) -> list[Any]:
    """The example with keys of stored values in place of the key that a function asked for."""
    found: list[Any] = []
    for called, asked in calls:
        if called not in READS or not isinstance(asked, Mapping) or asked.get("key") is None:
            continue
        for path in where(example, asked["key"]):
            keys = [
                one["key"]
                for one in stored
                if isinstance(one, Mapping) and one.get("scope") == asked.get("scope")
                if isinstance(one.get("key"), str)
            ]
            found += [put(example, path, key) for key in dict.fromkeys(reversed(keys))]
    return found


def outcome_of(talk: Conversation, data: Any, reply: Reply, calls: Sequence[Message]) -> Outcome:
    """The outcome of an invocation with ``data``, during which the worker made ``calls``."""
    made = [(str(call.json.get("function_id")), call.json.get("data")) for call in calls]
    reads = [c for c in calls if c.json.get("function_id") in READS]
    ids = {call.json.get("invocation_id") for call in reads}
    found = any(
        message.json.get("result") is not None
        for message in talk.messages(direction=Direction.FROM_ENGINE)
        if message.type == "invocationresult" and message.json.get("invocation_id") in ids
    )
    text = reply.message if reply.failed else complaint(reply.result)
    exception = unexpected(text, reply.stack)
    result = {"error": text[:200]} if reply.failed else reply.result
    return Outcome(data, result, tuple(made), found, reply.failed, exception)


async def _requests(
    invoke: Invoking, functions: Mapping[str, Learned], binding: Mapping[str, Any]
) -> Sequence[Question | None]:
    """Send a function behind a route the request that it takes, and variants of it."""
    function_id = str(binding.get("function_id"))
    learned = functions.get(function_id)
    if learned is None or learned.depth < Depth.RESULT or is_risky(function_id):
        return ()
    taken = next((one for one in learned.examples if is_request(one)), None)
    plain = plainest(taken, binding.get("config"))
    changed = variants(plain, binding.get("config"))
    one = await invoke(function_id, plain, barren=False) if changed else None
    if one is None or one.failed or complaint(one.result):
        return ()
    questions: list[Question | None] = []
    for part, data in changed.items():
        other = await invoke(function_id, data, barren=False)
        if other is None or other.failed:
            continue
        asked = of_a_request(function_id, part, one, other)
        if asked is None and part.startswith("path parameter") and not same(one, other):
            again = await invoke(function_id, plain, barren=False)
            if again is not None and not again.failed:
                asked = of_a_parameter(function_id, part, one, again, other)
        questions.append(asked)
    return questions
