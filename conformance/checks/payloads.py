"""Payloads: any JSON value is data, and comes through unchanged."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from conformance.checks.answers import described
from conformance.checks.asking import all_answered
from conformance.requirements.verdict import Finding, broken, inconclusive, kept, not_applicable
from conformance.trials.context import ABSENT
from conformance.trials.harness import Harness
from conformance.trials.invoker import Invocation
from conformance.trials.trial import Record, Worker, check, trial
from mock_engine.rendering import shorten
from mock_engine.transcript import Message

MIB = 1024 * 1024
DEPTH = 100
"""Levels of nesting. Rust's JSON parser stops at 128 for the whole message."""

ENVELOPE = 1024
"""Bytes of a message beside its data, and to spare."""

LARGE = "large-messages.v1"


def _nested(depth: int) -> Any:
    value: Any = "at the bottom"
    for _ in range(depth):
        value = [value]
    return value


PAYLOADS: dict[str, tuple[str, tuple[Any, ...]]] = {
    "INV-009": (
        "data of every JSON kind",
        (
            {
                "a": [1, -2.5, True, False, None, "text"],
                "b": {},
                "c": [],
                "": 0,
                "d e": {"f": [[]]},
                "g": None,
            },
            False,
            0,
            "",
            [],
            {},
            True,
            "text",
            [None, 0, "", False],
            9007199254740991,
            -0.001,
            ["42", "true", "null", '{"a": 1}', "2026-01-31T08:00:00Z", "<b>&amp;</b> 'x' %20 ${y}"],
            " a line\r\n\tand another \n",
            "42",
        ),
    ),
    "INV-010": ("null as data", (None,)),
    "INV-011": (
        "text beyond ASCII",
        (
            {"ключ": 'naïve 漢字 🜚 \u2028 \u0000 \\ " / \u0007'},
            "e\u0301 is not é",
            ["\U0001f469\u200d\U0001f680", "\ufeff", "\u202e"],
        ),
    ),
    "INV-012": (f"data nested {DEPTH} levels deep", ({"deep": _nested(DEPTH)},)),
    "INV-013": (
        "data of one MiB",
        ({"text": "x" * MIB}, {"rows": [[i, "x"] for i in range(9000)]}),
    ),
}
"""What is sent, by the requirement that says that a worker takes it.

Numbers are such as every language has: whole ones up to 2^53, and no 1.0, which some write as 1.
"""


@dataclass(frozen=True, slots=True)
class Passage:
    """What came back for a payload: the answer, and whether the worker was still connected."""

    function_id: str
    data: Any
    answer: Message | None
    connected: bool
    events: tuple[Message, ...]


@trial(Worker.OWN)
async def payloads(harness: Harness) -> dict[str, list[Passage]]:
    """Send each payload to ``echo``, or to no function at all where there is none.

    An unknown function is answered by the worker too, so its transport is tested either way,
    and nothing is set off in a worker that does not know this suite.
    """
    target = harness.invoker.role("echo") if harness.invoker.plays("echo") else ABSENT
    passages: dict[str, list[Passage]] = {}
    last: Passage | None = None
    await harness.worker.start()
    await harness.presence.ready()
    for requirement, (_, values) in PAYLOADS.items():
        passages[requirement] = []
        for data in values:
            if last is not None and not last.connected:
                await harness.restart()
            last = await _pass(harness, target, data)
            passages[requirement].append(last)
            if last.answer is None:
                break
    return passages


async def _pass(harness: Harness, target: str, data: Any) -> Passage:
    began = len(harness.transcript.events)
    number = harness.invoker.serving(target)
    answer = await harness.invoker.reply(harness.invoker.invoke(target, data))
    connected = number in harness.workers and answer is not None
    happened = [e for e in harness.transcript.events[began:] if isinstance(e, Message)]
    return Passage(target, data, answer, connected, tuple(happened))


def _passes(requirement: str) -> None:
    what, _ = PAYLOADS[requirement]

    @check(requirement, payloads)
    def passes(record: Record[dict[str, list[Passage]]]) -> Finding:
        sent = record.result[requirement]
        for passage in sent:
            if passage.answer is None:
                return broken(
                    expected=f"an answer to {what}",
                    seen="none" if passage.connected else "none, and the connection was lost",
                    events=passage.events[:3],
                    remedy="Raise the message size limit of the WebSocket library to 64 MiB, and "
                    "decode data as plain JSON before a handler sees it.",
                )
            finding = _changed(passage, what)
            if finding is not None:
                return finding
        if sent[0].function_id == ABSENT:
            return kept(f"{what} was taken (sent to an unknown function)")
        return kept(f"{what} came back unchanged ({len(sent)} values)")


def _changed(passage: Passage, what: str) -> Finding | None:
    """What is wrong with an answer to ``what``."""
    assert passage.answer is not None
    body = passage.answer.json
    if passage.function_id == ABSENT:
        if body.get("error") is None:
            return inconclusive("it answers an unknown function with a result: see INV-004")
        return None
    if body.get("error") is None and same(body.get("result"), passage.data):
        return None
    seen = f"the error {body['error']!r}" if body.get("error") else repr(body.get("result"))
    return broken(
        expected=f"{what}, unchanged from {passage.function_id}: "
        f"{shorten(json.dumps(passage.data, ensure_ascii=False), 80)}",
        seen=shorten(seen, 160),
        events=passage.events[:3],
        remedy="Hand data to the handler as it came, and send what it returns as it is; "
        "take care with false, 0 and empty values.",
    )


def same(one: Any, other: Any) -> bool:
    """Whether two values are the same JSON, whatever the notation of their numbers."""
    if isinstance(one, bool) or isinstance(other, bool):
        return one is other
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(same(one[k], other[k]) for k in one)
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(same, one, other))
    return bool(one == other)


for _requirement in PAYLOADS:
    _passes(_requirement)


@check("INV-025", payloads)
def sends_null_as_a_result(record: Record[dict[str, list[Passage]]]) -> Finding:
    """Without the field a caller cannot tell a null from an answer that was cut short."""
    passage = record.result["INV-010"][0]
    if passage.function_id == ABSENT:
        return inconclusive("this takes a function that plays the part of conformance::echo")
    answer = passage.answer
    if answer is None or answer.json.get("error") is not None:
        return inconclusive("it did not answer null with a result: see INV-010")
    if "result" in answer.json:
        return kept("the result null was sent as null", answer)
    return broken(
        expected='"result": null',
        seen="no field `result`",
        events=passage.events[:3],
        remedy="Write null, too: drop no field of an answer for being empty.",
    )


@dataclass(frozen=True, slots=True)
class Bulk:
    """A large message: how large, whether it was answered, and whether the worker stayed."""

    mebibytes: int
    answer: Message | None
    connected: bool


@trial(Worker.OWN)
async def bulk(harness: Harness) -> Bulk:
    """Send a message as large as the engine sends in one frame, to no function at all."""
    await harness.worker.start()
    await harness.presence.ready()
    return await _heave(harness, 16)


@trial(Worker.OWN)
async def huge(harness: Harness) -> Bulk | None:
    """Send a message as large as a worker with the feature must take, if it has it."""
    calls = [c for c in harness.baseline.features if c == LARGE]
    if not calls:
        return None
    await harness.worker.start()
    await harness.presence.ready()
    return await _heave(harness, 64)


async def _heave(harness: Harness, mebibytes: int) -> Bulk:
    number = harness.invoker.serving(ABSENT)
    text = "x" * (mebibytes * MIB - ENVELOPE)
    answer = await harness.invoker.reply(
        harness.invoker.invoke(ABSENT, {"text": text}), harness.pace.handler
    )
    return Bulk(mebibytes, answer, number in harness.workers)


def _took(carried: Bulk) -> Finding:
    if carried.answer is not None:
        return kept(f"a message of {carried.mebibytes} MiB was answered")
    return broken(
        expected=f"an answer to a message of {carried.mebibytes} MiB",
        seen="none" if carried.connected else "none, and the connection was lost",
        remedy="Raise the message size limit of the WebSocket library to 64 MiB.",
    )


@check("INV-027", bulk)
def takes_large_messages(record: Record[Bulk]) -> Finding:
    """The engine forwards up to 16 MiB in one frame; a worker that cannot take it is cut off."""
    return _took(record.result)


@check("INV-028", huge)
def takes_what_it_declares(record: Record[Bulk | None]) -> Finding:
    """A worker that declares the feature is sent messages of that size."""
    if record.result is None:
        return not_applicable(f"it does not declare the feature {LARGE}")
    return _took(record.result)


@trial(Worker.OWN, long=True)
async def too_large(harness: Harness) -> Invocation:
    """Let a function return more than any engine takes."""
    function_id = harness.invoker.role("large")
    await harness.worker.start()
    await harness.presence.ready()
    invocation = harness.invoker.invoke(function_id, {"bytes": 65 * MIB})
    await harness.invoker.reply(invocation, 2 * harness.pace.handler)
    return invocation


@check("INV-029", too_large)
def says_that_a_result_is_too_large(record: Record[Invocation]) -> Finding:
    """The engine cuts the connection of a worker that sends more than it takes."""
    answers = record.talk.answers(record.result.id)
    error = answers[0].json.get("error") if answers else None
    if isinstance(error, dict) and error.get("code") == "payload_too_large":
        return kept("the error payload_too_large")
    return broken(
        expected="the error payload_too_large instead of a result of 65 MiB",
        seen=shorten(described(answers[0]), 120) if answers else "no answer",
        remedy="Measure a result before it is sent; past the limit answer payload_too_large.",
    )


@dataclass(frozen=True, slots=True)
class Crowd:
    """Invocations sent at once, each with data of its own."""

    asked: tuple[tuple[Invocation, Any], ...]


@trial(Worker.SHARED)
async def crowd(harness: Harness) -> Crowd:
    """Send many invocations of ``echo`` in one go, each with data of its own."""
    echo = harness.invoker.role("echo")
    asked = []
    for n in range(100):
        data = {"number": n, "text": "x" * (n % 7)}
        asked.append((harness.invoker.invoke(echo, data), data))
    await all_answered(harness, [invocation for invocation, _ in asked], harness.pace.handler)
    return Crowd(tuple(asked))


@check("INV-031", crowd)
def gives_each_its_own_answer(record: Record[Crowd]) -> Finding:
    """A caller that gets another one's answer acts on it."""
    for invocation, data in record.result.asked:
        answers = record.talk.answers(invocation.id)
        if not answers:
            return broken(
                expected=f"an answer to each of {len(record.result.asked)} invocations at once",
                seen=f"none to number {data['number']}",
                remedy="Answer every invocation, however many there are at a time.",
            )
        if not same(answers[0].json.get("result"), data):
            return broken(
                expected=f"the result {data!r} for the invocation with this data",
                seen=shorten(described(answers[0]), 120),
                events=(answers[0],),
                remedy="Keep the id of an invocation with its handler, not in a shared variable.",
            )
    return kept(f"{len(record.result.asked)} invocations at once, each with its own answer")
