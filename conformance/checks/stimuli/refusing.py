"""Registrations that the engine refuses."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from conformance.checks.stimuli.answers import disowned
from conformance.errors import Inconclusive
from conformance.trials.harness import Harness
from conformance.trials.trial import Worker, trial

OWNER = "0b7e1a52-0000-4000-8000-00000000000f"


NO_ROUTE = "no such route"


@dataclass(frozen=True, slots=True)
class AfterRejection:
    """The result of a refusal. Times are in seconds since the transcript began."""

    at: float
    before: tuple[int, ...]
    heard: bool
    exit_code: int | None


async def refuse_a_function(harness: Harness, code: str, **fields: str) -> AfterRejection:
    """Start the worker and refuse one of its functions; ``fields`` are added to the message.

    Raises:
        Inconclusive: the worker registers no function, or does not come up as before.
    """
    if not harness.baseline.functions:
        raise Inconclusive("this takes a worker that registers a function")
    await harness.worker.start()
    await harness.presence.ready()
    at = harness.transcript.now()
    before = tuple(harness.workers)
    rejection = {
        "type": "registrationrejected",
        "code": code,
        "namespace": "default",
        "function_id": chosen(harness),
    }
    harness.send(before[0], rejection | fields)
    heard = await harness.invoker.pulse() and set(before) <= set(harness.workers)
    return AfterRejection(at, before, heard, harness.worker.process.exit_code)


def chosen(harness: Harness) -> str:
    """The function that is refused: not the one that shows whether the worker is responsive."""
    names = [name for name in harness.baseline.functions if name != harness.baseline.pulse]
    return (names or list(harness.baseline.functions))[0]


async def still_runs(harness: Harness, function_id: object) -> bool:
    """Whether the worker still runs a function, if it is invoked like any other."""
    for name, data in harness.invoker.samples():
        if name == function_id:
            invocation = harness.invoker.invoke(name, data)
            answer = await harness.invoker.reply(invocation, harness.invoker.patience([invocation]))
            return answer is not None and not disowned(harness.talk, invocation, answer)
    return True


def connections_since(harness: Harness, before: tuple[int, ...]) -> list[int]:
    """The connections of workers that were made after those of ``before``."""
    return [number for number in harness.talk.workers if number not in before]


FAILED = "trigger_registration_failed"


@dataclass(frozen=True, slots=True)
class Refusal:
    """The result for a trigger that was confirmed and then refused.

    ``confirmed`` is whether the worker went on after the confirmation and ``heard`` after the
    refusal; ``logged`` is whether its output mentions the refusal.
    """

    confirmed: bool
    heard: bool
    logged: bool


@trial(Worker.OWN)
async def trigger_refused(harness: Harness) -> Refusal:
    """Confirm one of the worker's triggers in both forms that exist, and then refuse it."""
    await harness.worker.start()
    await harness.presence.ready()
    for outcome in ({}, {"error": None}):
        harness.send(*_result(harness, outcome))
    confirmed = await harness.invoker.pulse()
    if not confirmed:
        await harness.restart()
    number, refusal = _result(harness, {"error": {"code": FAILED, "message": NO_ROUTE}})
    search = harness.worker.look_for(FAILED, NO_ROUTE)
    harness.send(number, refusal)
    heard = await harness.invoker.pulse() and number in harness.workers
    heard = heard and await still_runs(harness, refusal.get("function_id"))
    await harness.until(lambda: search.found, harness.pace.stray)
    return Refusal(confirmed, heard, search.found)


def _result(harness: Harness, outcome: Mapping[str, Any]) -> tuple[int, dict[str, Any]]:
    """The engine's message about the worker's first trigger, and the connection for it."""
    for registration in harness.talk.registrations:
        number, body = registration.message.connection, registration.message.json
        if registration.kind == "registertrigger" and number in harness.workers:
            names = {name: body.get(name) for name in ("id", "trigger_type", "function_id")}
            return number, {"type": "triggerregistrationresult", **names, **outcome}
    raise Inconclusive("this takes a worker that registers a trigger")


CONFLICT = "WORKER_NAMESPACE_CONFLICT"

UNHEARD_OF = "X_UNHEARD_OF"
"""A rejection code that no engine has yet."""

PATIENCE = 6.5
"""Seconds within which every SDK that comes back has come back, 2.6 s at the latest, and so has a
worker that waits 5 s, give or take 30 %."""

LONG_PATIENCE = 40.0
"""Seconds within which a worker that waits 30 s before a try, give or take 30 %, has come back."""


@dataclass(frozen=True, slots=True)
class Displaced:
    """What became of a worker whose name is taken.

    It was watched until it came back or ended, for ``patience`` seconds at most. ``wrote`` is
    whether it wrote something, ``None`` if its output cannot be read.
    """

    patience: float
    before: tuple[int, ...]
    exit_code: int | None
    wrote: bool | None

    @property
    def words(self) -> str:
        """What was seen of a worker that did not come back."""
        if self.exit_code is not None:
            return "its process ended without a new connection"
        return f"no new connection within {self.patience} s"


@trial(Worker.OWN, seconds=PATIENCE)
async def name_conflict(harness: Harness) -> Displaced:
    """Tell the worker that its name is taken, and close the connection."""
    return await _displaced(harness, CONFLICT)


@trial(Worker.OWN, seconds=LONG_PATIENCE, long=True)
async def long_name_conflict(harness: Harness) -> Displaced:
    """The same, and wait for what comes back late."""
    return await _displaced(harness, CONFLICT, LONG_PATIENCE)


@trial(Worker.OWN, seconds=PATIENCE)
async def unknown_refusal(harness: Harness) -> Displaced:
    """Refuse the worker for a reason that it cannot know, and close the connection."""
    return await _displaced(harness, UNHEARD_OF)


async def _displaced(harness: Harness, code: str, patience: float = PATIENCE) -> Displaced:
    """Refuse the worker itself with this code, and see whether it comes back."""
    await harness.worker.start()
    await harness.presence.ready()
    before = tuple(harness.workers)
    written = harness.worker.process.output.written
    for number in before:
        connection = harness.connection(number)
        harness.send(
            number,
            {
                "type": "registrationrejected",
                "code": code,
                "namespace": "default",
                "worker_name": "taken",
                "owner_worker_id": OWNER,
            },
        )
        connection.close()
    # Twice as long as any SDK needs: no more of it on a busy machine, for most must not come.
    await harness.until(
        lambda: bool(connections_since(harness, before)) or not harness.worker.running,
        patience,
        patient=False,
    )
    output = harness.worker.process.output
    wrote = output.written > written if output.written or output.is_pipe else None
    return Displaced(patience, before, harness.worker.process.exit_code, wrote)
