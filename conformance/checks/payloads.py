"""Payloads: any JSON value is data, and comes through unchanged."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from conformance.stage import ABSENT, Stage
from conformance.trial import Record, Worker, check, trial
from conformance.verdict import Finding, broken, kept, unproven
from mock_engine.rendering import shorten
from mock_engine.transcript import Message

MIB = 1024 * 1024
DEPTH = 100
"""Levels of nesting. Rust's JSON parser stops at 128 for the whole message."""


def _nested(depth: int) -> Any:
    value: Any = "at the bottom"
    for _ in range(depth):
        value = [value]
    return value


PAYLOADS: dict[str, tuple[str, Any]] = {
    "INV-009": ("data of every JSON kind", {"a": [1, -2.5, True, False, None, "text"], "b": {}}),
    "INV-010": ("null as data", None),
    "INV-011": ("text beyond ASCII", {"ключ": 'naïve 漢字 🜚 \u2028 \u0000 \\ "'}),
    "INV-012": (f"data nested {DEPTH} levels deep", {"deep": _nested(DEPTH)}),
    "INV-013": ("data of one MiB", {"text": "x" * MIB}),
}
"""What is sent, by the requirement that says that a worker takes it."""


@dataclass(frozen=True, slots=True)
class Passage:
    """What came back for a payload: the answer, and whether the worker was still connected."""

    function_id: str
    answer: Message | None
    connected: bool
    events: tuple[Message, ...]


@trial(Worker.OWN)
async def payloads(stage: Stage) -> dict[str, Passage]:
    """Send each payload to ``echo``, or to no function at all where there is none.

    An unknown function is answered by the worker too, so its transport is tested either way,
    and nothing is set off in a worker that does not know this suite.
    """
    target = stage.role("echo") if stage.plays("echo") else ABSENT
    passages: dict[str, Passage] = {}
    await stage.start()
    await stage.ready()
    for requirement, (_, data) in PAYLOADS.items():
        if passages and not list(passages.values())[-1].connected:
            await stage.restart()
        began = len(stage.transcript.events)
        number = stage.serving(target)
        answer = await stage.reply(stage.invoke(target, data))
        connected = number in stage.workers and answer is not None
        happened = [e for e in stage.transcript.events[began:] if isinstance(e, Message)]
        passages[requirement] = Passage(target, answer, connected, tuple(happened))
    return passages


def _passes(requirement: str) -> None:
    what, data = PAYLOADS[requirement]

    @check(requirement, payloads)
    def passes(record: Record[dict[str, Passage]]) -> Finding:
        passage = record.result[requirement]
        if passage.answer is None:
            return broken(
                expected=f"an answer to {what}",
                seen="none" if passage.connected else "none, and the connection was lost",
                events=passage.events[:3],
                remedy="Raise the message size limit of the WebSocket library to 64 MiB, and "
                "decode data as plain JSON before a handler sees it.",
            )
        if passage.function_id == ABSENT:
            return _answered_at_all(passage, what)
        body = passage.answer.json
        if body.get("error") is None and body.get("result") == data:
            return kept(f"{what} came back unchanged")
        seen = f"the error {body['error']!r}" if body.get("error") else repr(body.get("result"))
        return broken(
            expected=f"{what}, unchanged from {passage.function_id}",
            seen=shorten(seen, 160),
            events=passage.events[:3],
            remedy="Hand data to the handler as it came, and send what it returns as it is.",
        )


def _answered_at_all(passage: Passage, what: str) -> Finding:
    assert passage.answer is not None
    if passage.answer.json.get("error") is None:
        return unproven("it answers an unknown function with a result: see INV-004")
    return kept(f"{what} was taken (sent to an unknown function)")


for _requirement in PAYLOADS:
    _passes(_requirement)
