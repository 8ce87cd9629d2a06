"""Data of every kind, sent to a function that returns it."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import Any

from conformance.trials.context import ABSENT
from conformance.trials.harness import Harness
from conformance.trials.learning.knowledge import Part
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


@dataclass(frozen=True, slots=True)
class Passage:
    """The result for a payload: the answer, and whether the worker was still connected.

    ``returned`` is the value that ``echo`` gave back.
    """

    function_id: str
    data: Any
    answer: Message | None
    connected: bool
    events: tuple[Message, ...]
    returned: Any = None


@trial(Worker.OWN)
async def payloads(harness: Harness) -> dict[str, list[Passage]]:
    """Send each payload to ``echo``, or to an unknown function if there is none.

    The worker answers for an unknown function too, so its transport is tested either way, and
    nothing is triggered in a worker that does not know this suite.
    """
    echo = harness.invoker.part("echo") if harness.invoker.plays("echo") else None
    targets = [echo] if echo is None or not echo.found else [None, echo]
    passages: dict[str, list[Passage]] = {}
    last: Passage | None = None
    await harness.worker.start()
    await harness.presence.ready()
    for requirement, (_, values) in PAYLOADS.items():
        passages[requirement] = []
        for data, target in itertools.product(values, targets):
            if last is not None and not last.connected:
                await harness.restart()
            last = await _pass(harness, target, data, crowded=requirement in CROWDED)
            passages[requirement].append(last)
            if last.answer is None:
                break
    return passages


async def _pass(harness: Harness, echo: Part | None, data: Any, *, crowded: bool) -> Passage:
    target = ABSENT if echo is None else echo.function_id
    began = len(harness.transcript.events)
    number = harness.invoker.serving(target)
    invocation = harness.invoker.invoke(target, data if echo is None else echo.request(data))
    if crowded and harness.baseline.pulse is not None:
        harness.invoker.invoke(harness.baseline.pulse, {})
    answer = await harness.invoker.reply(invocation)
    connected = number in harness.workers and answer is not None
    happened = [e for e in harness.transcript.events[began:] if isinstance(e, Message)]
    result = None if answer is None else answer.json.get("result")
    returned = None if echo is None else echo.returned(result)
    return Passage(target, data, answer, connected, tuple(happened), returned)
