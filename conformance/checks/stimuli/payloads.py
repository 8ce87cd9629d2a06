"""Data of every kind, sent to a function that returns it."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from conformance.checks.stimuli.invoking import takers
from conformance.trials.context import ABSENT
from conformance.trials.harness import Harness
from conformance.trials.learning.knowledge import BOX, Part
from conformance.trials.learning.learner import complaint
from conformance.trials.trial import Worker, trial
from mock_engine.transcript import Message

MIB = 1024 * 1024


DEPTH = 100
"""Levels of nesting. Rust's JSON parser stops at 128 for the whole message."""


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
                " h ": {" i": 1},
                "camelCase": {"PascalCase": 1},
                "snake_case": {"__typename": 1, "_under": {"kebab-case": 1}},
                "$ref": [{"a.b": 1, "UPPER": 1, "7": 1}],
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
"""What is sent, by the requirement to take it. Numbers are those that every language has: integers
up to 2^53, and no 1.0, which some write as 1."""


CROWDED = ("INV-013",)
"""Where another invocation is answered meanwhile: frames of two messages must not mix."""


BESIDE = ("INV-011", "INV-012", "INV-013")
"""Whose objects a function is also sent beside its own data, if none gives data back."""

TAKERS, MOST_TAKERS = 2, 8
"""Functions that get them, for one alone may have a limit of its own, and how many are asked for
it."""

PLAIN: Any = {"text": ["text", {"number": 1}]}
"""What a function must take beside its own data before it is sent other objects there."""


@dataclass(frozen=True, slots=True)
class Passage:
    """The result for a payload: the answer, and whether the worker was still connected.

    ``returned`` is the value that ``echo`` gave back. ``beside`` is whether it was sent to a
    function that takes more than its own data.
    """

    function_id: str
    data: Any
    answer: Message | None
    connected: bool
    events: tuple[Message, ...]
    returned: Any = None
    beside: bool = False

    @property
    def failed(self) -> bool:
        """Whether the answer is an error, or a result that holds one."""
        assert self.answer is not None
        body = self.answer.json
        return body.get("error") is not None or bool(complaint(body.get("result")))


@dataclass(frozen=True, slots=True)
class Taker:
    """A function that takes an object beside its own data."""

    function_id: str
    own: Mapping[str, Any]


Target = Part | Taker | None
"""Where a payload is sent: to ``echo``, beside the data of a function, or to an unknown one."""


@trial(Worker.OWN)
async def payloads(harness: Harness) -> dict[str, list[Passage]]:
    """Send each payload to ``echo``, or to an unknown function if there is none.

    The worker answers for an unknown function too, so its transport is tested either way, and
    nothing is triggered in a worker that does not know this suite.
    """
    echo = harness.invoker.part("echo") if harness.invoker.plays("echo") else None
    targets: list[Target] = [echo] if echo is None or not echo.found else [None, echo]
    passages: dict[str, list[Passage]] = {}
    last: Passage | None = None
    await harness.worker.start()
    await harness.presence.ready()
    found = await _takers(harness) if echo is None else []
    for requirement, (_, values) in PAYLOADS.items():
        passages[requirement] = []
        beside = found if requirement in BESIDE else []
        for data, target in itertools.product(values, [*targets, *beside]):
            if isinstance(target, Taker) and not isinstance(data, dict):
                continue
            if last is not None and not last.connected:
                await harness.restart()
            last = await _pass(harness, target, data, crowded=requirement in CROWDED)
            if isinstance(target, Taker) and not await _told(harness, target, last):
                continue
            passages[requirement].append(last)
            if last.answer is None:
                break
    return passages


async def _told(harness: Harness, taker: Taker, passage: Passage) -> bool:
    """Whether an outcome is due to the payload: without it, a function still returns a result.

    A function may take the same data only once.
    """
    if passage.answer is None or not passage.failed:
        return True
    again = await _pass(harness, taker, PLAIN, crowded=False)
    return again.answer is not None and not again.failed


async def _takers(harness: Harness) -> list[Taker]:
    """Functions that take an object beside their own data, if there are enough."""
    found: list[Taker] = []
    for function_id, own in takers(harness, MOST_TAKERS):
        taker = Taker(function_id, own)
        tried = await _pass(harness, taker, PLAIN, crowded=False)
        if tried.answer is not None and not tried.failed:
            found.append(taker)
        if len(found) == TAKERS:
            return found
    return []


async def _pass(harness: Harness, to: Target, data: Any, *, crowded: bool) -> Passage:
    target = ABSENT if to is None else to.function_id
    began = len(harness.transcript.events)
    number = harness.invoker.serving(target)
    match to:
        case Taker():
            sent = {**to.own, BOX: data}
        case Part():
            sent = to.request(data)
        case None:
            sent = data
    invocation = harness.invoker.invoke(target, sent)
    if crowded and harness.baseline.pulse is not None:
        harness.invoker.invoke(harness.baseline.pulse, {})
    answer = await harness.invoker.reply(invocation)
    connected = number in harness.workers and answer is not None
    happened = [e for e in harness.transcript.events[began:] if isinstance(e, Message)]
    result = None if answer is None else answer.json.get("result")
    returned = to.returned(result) if isinstance(to, Part) else None
    beside = isinstance(to, Taker)
    return Passage(target, data, answer, connected, tuple(happened), returned, beside)
