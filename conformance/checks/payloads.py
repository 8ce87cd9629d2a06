"""Payloads: any JSON value is valid data, and arrives unchanged."""

from __future__ import annotations

import json
from dataclasses import dataclass

from conformance.checks.stimuli.answers import described
from conformance.checks.stimuli.handing import handed_on
from conformance.checks.stimuli.payloads import MIB, PAYLOADS, TAKERS, Passage, payloads
from conformance.documents.trees import equal
from conformance.errors import Inconclusive
from conformance.requirements.verdict import Finding, broken, inconclusive, kept, not_applicable
from conformance.trials.context import ABSENT
from conformance.trials.harness import Harness
from conformance.trials.invoker import Invocation
from conformance.trials.trial import Record, Worker, check, trial
from mock_engine.rendering import as_json, shorten
from mock_engine.transcript import Message

ENVELOPE = 1024
"""Bytes of a message besides its data, with a margin."""


LARGE = "large-messages.v1"


def _passes(requirement: str) -> None:
    what, _ = PAYLOADS[requirement]

    @check(requirement, payloads)
    def passes(record: Record[dict[str, list[Passage]]]) -> Finding:
        sent = record.result[requirement]
        for passage in sent:
            if passage.answer is None:
                return broken(
                    expected=f"an answer to {what}",
                    seen="no answer"
                    if passage.connected
                    else "no answer, and the connection was lost",
                    events=passage.events[:3],
                    remedy="Raise the message size limit of the WebSocket library to 64 MiB, and "
                    "decode data as plain JSON before a handler sees it.",
                )
            finding = None if passage.beside else _changed(passage, what)
            if finding is not None:
                return finding
        if any(passage.function_id != ABSENT and not passage.beside for passage in sent):
            return kept(f"{what} came back unchanged ({len(sent)} values)")
        altered = handed_on(record, answers=False) if requirement == "INV-009" else None
        return altered or _taken_beside([p for p in sent if p.beside], what)


def _taken_beside(passages: list[Passage], what: str) -> Finding:
    """Whether functions took it beside their data; one alone may have a limit of its own."""
    takers = {passage.function_id for passage in passages}
    refusing = [passage for passage in passages if passage.failed]
    refused = {passage.function_id for passage in refusing}
    if refused == takers and len(takers) >= TAKERS:
        return _altered(refusing[0], what)
    beside = f", and to {' and '.join(sorted(takers))} beside their data" if takers else ""
    return kept(f"{what} was taken (sent to an unknown function{beside})")


def _changed(passage: Passage, what: str) -> Finding | None:
    """What is wrong with an answer to ``what``."""
    assert passage.answer is not None
    body = passage.answer.json
    if passage.function_id == ABSENT:
        if body.get("error") is None:
            return inconclusive("it answers an unknown function with a result: see INV-004")
        return None
    return None if _came_back(passage) else _altered(passage, what)


def _altered(passage: Passage, what: str) -> Finding:
    """What became of it."""
    assert passage.answer is not None
    body = passage.answer.json
    seen = (
        f"the error {as_json(body['error'])}" if body.get("error") else as_json(body.get("result"))
    )
    wanted = "taken beside its data by" if passage.beside else "unchanged from"
    return broken(
        expected=f"{what}, {wanted} {passage.function_id}: "
        f"{shorten(json.dumps(passage.data, ensure_ascii=False), 80)}",
        seen=shorten(seen, 160),
        events=passage.events[:3],
        remedy="Hand data to the handler as it came, and send what it returns as it is; "
        "take care with false, 0 and empty values.",
    )


def _came_back(passage: Passage) -> bool:
    """Whether ``echo`` gave the data back as it was."""
    assert passage.answer is not None
    return passage.answer.json.get("error") is None and equal(passage.returned, passage.data)


for _requirement in PAYLOADS:
    _passes(_requirement)


@trial(Worker.SHARED)
async def null_returned(harness: Harness) -> Invocation:
    """Invoke a function that returns null, or make ``echo`` do so."""
    part = harness.invoker.part("null" if harness.invoker.plays("null") else "echo")
    if part.found and part.role == "echo":
        raise Inconclusive("this takes a function that plays the part of conformance::null")
    data = part.request({}) if part.role == "null" else None
    invocation = harness.invoker.invoke(part.function_id, data)
    await harness.invoker.reply(invocation)
    return invocation


@check("INV-025", null_returned)
def sends_null_as_a_result(record: Record[Invocation]) -> Finding:
    """Without the field, a caller cannot tell null from an answer that was cut short."""
    answers = record.talk.answers(record.result.id)
    if not answers or answers[0].json.get("error") is not None:
        return inconclusive("its function that returns null did not answer with a result")
    if "result" in answers[0].json:
        return kept("the result null was sent as null", answers[0])
    return broken(
        expected='"result": null',
        seen="no field `result`",
        events=tuple(answers[:1]),
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
    """Send a message as large as a worker that declares the feature must take, if it does."""
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
        seen="no answer" if carried.connected else "no answer, and the connection was lost",
        remedy="Raise the message size limit of the WebSocket library to 64 MiB.",
    )


@check("INV-027", bulk)
def takes_large_messages(record: Record[Bulk]) -> Finding:
    """The engine sends frames of up to 16 MiB; a worker that cannot take one is cut off."""
    return _took(record.result)


@check("INV-028", huge)
def takes_what_it_declares(record: Record[Bulk | None]) -> Finding:
    """The engine sends messages of that size to a worker that declares the feature."""
    if record.result is None:
        return not_applicable(f"it does not declare the feature {LARGE}")
    return _took(record.result)


@trial(Worker.OWN, seconds=5.0, long=True)
async def too_large(harness: Harness) -> Invocation:
    """Make a function return more than any engine takes."""
    function_id = harness.invoker.role("large")
    await harness.worker.start()
    await harness.presence.ready()
    invocation = harness.invoker.invoke(function_id, {"bytes": 65 * MIB})
    await harness.invoker.reply(invocation, 2 * harness.pace.handler)
    return invocation


@check("INV-029", too_large)
def says_that_a_result_is_too_large(record: Record[Invocation]) -> Finding:
    """The engine disconnects a worker that sends a message larger than the engine accepts."""
    answers = record.talk.answers(record.result.id)
    error = answers[0].json.get("error") if answers else None
    if isinstance(error, dict) and error.get("code") == "payload_too_large":
        return kept("the error payload_too_large")
    return broken(
        expected="the error payload_too_large instead of a result of 65 MiB",
        seen=shorten(described(answers[0]), 120) if answers else "no answer",
        remedy="Measure a result before it is sent; past the limit answer payload_too_large.",
    )
