"""Series of losses of a worker's connection."""

from __future__ import annotations

import contextlib
import itertools
from collections.abc import Sequence
from dataclasses import dataclass

from conformance.checks.stimuli.invoking import all_answered
from conformance.checks.stimuli.service import Service, serve
from conformance.checks.stimuli.ways import (
    CODE_1000,
    CODE_1001,
    CODE_1008,
    CODE_1011,
    CODE_1012,
    CODE_1013,
    CODE_4000,
    CODELESS,
    CUT_MIDWAY,
    END,
    ENDED_AT_ACCEPT,
    ENDED_WHEN_OPEN,
    GARBAGE,
    GONE,
    HELD_ON,
    REFUSED_UPGRADE,
    RESET,
    Way,
    refusals,
)
from conformance.errors import Inconclusive
from conformance.trials.conversation import Conversation
from conformance.trials.harness import Harness
from conformance.trials.invoker import Invocation
from conformance.trials.trial import Record, Trial, Worker, trial
from mock_engine.faults import Reject, rule
from mock_engine.transcript import Message

KEPT_ROUTE, BRIEF_ROUTE = (
    {"api_path": f"/conformance/{name}", "http_method": "GET"} for name in ("kept", "brief")
)
"""Triggers that a worker is to register; it is to unregister the second one."""


ROUNDS = 2
"""How often each of a worker's first upgrades is refused."""

MANY = 200
"""Functions that a worker is to register: more than the queue of any SDK can take."""


@dataclass(frozen=True, slots=True)
class Drop:
    """A lost connection: what was there before it, and what came back.

    ``at`` is when the engine dropped the connections and ``until`` when the next thing was done,
    both in seconds. ``last_call`` was sent right before the loss, ``service`` was requested after
    it.
    """

    way: Way
    at: float
    until: float
    before: tuple[int, ...]
    after: tuple[int, ...]
    exit_code: int | None
    last_call: Invocation | None = None
    service: Service | None = None

    @property
    def back(self) -> bool:
        """Whether the worker came back."""
        return bool(self.after)

    def fresh(self, talk: Conversation) -> list[int]:
        """The worker connections made after the loss, including those that were lost again."""
        return [n for n in talk.workers if self.at < talk.first_message(n).at <= self.until]


Series = tuple[Drop, ...]


RESET_RATIO, RESET_FLOOR = 2.0, 2.0
"""A later first delay has grown if it is longer than this many seconds, and longer than the first
by this factor: 1 s give or take 30 % varies by 1.86 at most, and stays below 2 s."""

STEP_RATIO = 1.2
"""The factor by which each delay is longer than the one before, at least, if delays double."""


def first_delays(talk: Conversation, series: Series) -> list[float]:
    """Seconds from each loss to the first try to reconnect, if the worker came back after each."""
    if not all(drop.back and drop.way.plain for drop in series):
        return []
    return [
        min(talk.requests[n].at for n in drop.after if n in talk.requests) - drop.at
        for drop in series
    ]


def grew(delays: Sequence[float]) -> bool:
    """Whether delays grow step by step; a single long one is due to a busy machine."""
    far = delays[-1] > RESET_FLOOR and delays[-1] > RESET_RATIO * delays[0]
    return far and all(later > STEP_RATIO * one for one, later in itertools.pairwise(delays))


WAYS: dict[Trial[Series], tuple[Way, ...]] = {}
"""The ways of each series; those after which the first try succeeds come last."""


def _series(name: str, *ways: Way, changed: bool = False) -> Trial[Series]:
    @trial(Worker.OWN, name, seconds=sum(way.seconds for way in ways))
    async def lost(harness: Harness) -> Series:
        await harness.worker.start()
        await harness.presence.ready()
        if changed:
            await _change_registrations(harness)
        drops = await _dropped(harness, ways)
        if not changed and grew(first_delays(harness.talk, drops) or [0.0]):
            # A busy machine makes delays grow as well, but hardly twice.
            await harness.restart()
            drops = await _dropped(harness, ways)
        return drops

    WAYS[lost] = ways
    return lost


async def _dropped(harness: Harness, ways: Sequence[Way]) -> Series:
    """Lose the connection in each way; start the worker again if it does not come back."""
    drops: list[Drop] = []
    for way in ways:
        try:
            if drops and not drops[-1].back:
                await harness.restart()
            drops.append(await _drop(harness, way, last=way is ways[-1]))
        except Inconclusive:
            if not drops:
                raise
            break
    return tuple(drops)


async def _change_registrations(harness: Harness) -> None:
    """Make the worker register many functions and two more triggers, and unregister one of each."""
    if harness.invoker.plays("bind"):
        await _bind(harness, KEPT_ROUTE)
        if harness.invoker.plays("unbind"):
            trigger_id = await _bind(harness, BRIEF_ROUTE)
            await harness.invoker.reply(
                harness.invoker.invoke(harness.invoker.role("unbind"), {"id": trigger_id}),
                harness.pace.handler,
            )
    if not harness.invoker.plays("register"):
        return
    adds = harness.invoker.part("register")
    # One that was found is known to add a single thing.
    invocations = [
        harness.invoker.invoke(adds.function_id, adds.request({"id": str(n)}))
        for n in range(1 if adds.found else MANY)
    ]
    await all_answered(harness, invocations, harness.pace.handler)
    if harness.invoker.plays("unregister"):
        takes = harness.invoker.part("unregister")
        await harness.invoker.reply(
            harness.invoker.invoke(takes.function_id, takes.request({"id": "0"})),
            harness.pace.handler,
        )


async def _bind(harness: Harness, config: dict[str, str]) -> object:
    """Make the worker register a trigger; return the id that it reports."""
    answer = await harness.invoker.reply(
        harness.invoker.invoke(harness.invoker.role("bind"), {"type": "http", "config": config})
    )
    result = answer.json.get("result") if answer is not None else None
    return result.get("id") if isinstance(result, dict) else None


async def _drop(harness: Harness, way: Way, *, last: bool) -> Drop:
    """Lose the connection; after the ``last`` loss, wait for what the worker registers late, too.

    What it registers late after one loss, it does after the others.
    """
    before = tuple(harness.workers)
    held = harness.talk.declared(before)
    called = service = None
    if harness.baseline.pulse is not None and before:
        called = harness.invoker.invoke(harness.baseline.pulse, {})
    at = harness.transcript.now()
    await way.lose(harness)

    def back() -> set[int]:
        return set(harness.workers) - set(before)

    await harness.until(lambda: back() or not harness.worker.running, harness.pace.reconnect)
    if back() and harness.worker.running:
        await harness.presence.present(harness.pace.reply)
        # What came late at first may come late again.
        await harness.until(lambda: held <= harness.talk.registered(back()), harness.pace.reply)
        if last:
            await harness.presence.settled()
        with contextlib.suppress(Inconclusive):
            service = await serve(harness, thoroughly=way is RESET)
    code = harness.worker.process.exit_code
    after = tuple(sorted(back()))
    return Drop(way, at, harness.transcript.now(), before, after, code, called, service)


# No series lasts much longer than another: three losses after which the worker is back at once, or
# one that takes longer. Three in a row show whether a delay grows.
first_series = _series("first_series", RESET, CODE_1000, END)


second_series = _series("second_series", CODE_1001, CODELESS, CODE_1011)


third_series = _series("third_series", GARBAGE, CODE_4000, CODE_1012, changed=True)


refused_series = _series("refused_series", REFUSED_UPGRADE)


_series("fifth_series", ENDED_AT_ACCEPT)


_series("sixth_series", CUT_MIDWAY, CODE_1008, changed=True)


_series("seventh_series", HELD_ON, CODE_1013)


_series("eighth_series", GONE)


_series("ninth_series", ENDED_WHEN_OPEN)


@trial(Worker.OWN, seconds=3.0)
async def refused_at_first(harness: Harness) -> Series:
    """Refuse the worker's first upgrades, twice each, and then accept it.

    One that doubles its delay meets two refusals in a row here, within three seconds; after a loss
    that would take seven.
    """
    at = harness.transcript.now()
    harness.listener.play((rule(Reject()),))
    await harness.worker.start()
    enough = ROUNDS * max(1, harness.baseline.workers)
    within = harness.pace.appearance + ROUNDS * harness.pace.reconnect
    await harness.until(lambda: refusals(harness) >= enough or not harness.worker.running, within)
    harness.listener.play(())
    await harness.until(
        lambda: harness.workers or not harness.worker.running, harness.pace.reconnect
    )
    code, after = harness.worker.process.exit_code, tuple(harness.workers)
    return (Drop(REFUSED_UPGRADE, at, harness.transcript.now(), (), after, code),)


SERIES = tuple(WAYS)
LOSSES = frozenset(series.name for series in SERIES)
"""The names of the series."""


NEVER_BACK = "it never came back after a loss: see REC-001 to REC-005"


def drops(records: tuple[Record[Series], ...]) -> list[tuple[Record[Series], Drop]]:
    """The losses after which the worker came back, each with its record."""
    return [(record, drop) for record in records for drop in record.result if drop.back]


def messages_after(record: Record[Series], drop: Drop) -> tuple[Message, ...]:
    """The messages on the connections that followed a loss."""
    return tuple(m for m in record.talk.messages() if m.connection in drop.after)


HOT = 0.25
"""Seconds between two tries below which a retry loop is a busy loop. SDKs start at 0.7 s."""
