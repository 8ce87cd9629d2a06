"""Registrations that the engine refuses."""

from __future__ import annotations

from dataclasses import dataclass

from conformance.checks.stimuli.answers import disowned
from conformance.errors import Inconclusive
from conformance.trials.harness import Harness
from conformance.trials.trial import Worker, trial

OWNER = "0b7e1a52-0000-4000-8000-00000000000f"


NO_ROUTE = "no such route"


@dataclass(frozen=True, slots=True)
class AfterRejection:
    """What a refusal led to. Times are in seconds since the transcript began."""

    at: float
    before: tuple[int, ...]
    heard: bool
    exit_code: int | None


async def refuse_a_function(harness: Harness, code: str, **fields: str) -> AfterRejection:
    """Start the worker and refuse one of its functions; ``fields`` are further fields of that.

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
    """The function that is refused: not the one that shows whether the worker listens."""
    names = [name for name in harness.baseline.functions if name != harness.baseline.pulse]
    return (names or list(harness.baseline.functions))[0]


async def still_runs(harness: Harness, function_id: object) -> bool:
    """Whether the worker runs a function, if it is one that is invoked like any other."""
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


LEGIBLE = 100_000
"""Characters of output beyond which lines may have been cut or dropped."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """What came of a refused trigger.

    ``heard`` is whether the worker still listened, ``logged`` whether its output tells of it, and
    ``crowded`` whether there was more output than is kept.
    """

    heard: bool
    logged: bool
    crowded: bool


@trial(Worker.OWN)
async def trigger_refused(harness: Harness) -> Refusal:
    """Tell the worker that one of its triggers could not be registered."""
    await harness.worker.start()
    await harness.presence.ready()
    triggers = [r for r in harness.talk.registrations if r.kind == "registertrigger"]
    if not triggers:
        raise Inconclusive("this takes a worker that registers a trigger")
    body = triggers[0].message.json
    number = triggers[0].message.connection
    names = ("id", "trigger_type", "function_id")
    harness.send(
        number,
        {
            "type": "triggerregistrationresult",
            **{name: body.get(name) for name in names},
            "error": {"code": "trigger_registration_failed", "message": NO_ROUTE},
        },
    )
    heard = await harness.invoker.pulse() and number in harness.workers
    heard = heard and await still_runs(harness, body.get("function_id"))
    await harness.until(lambda: _tells(harness), harness.pace.stray)
    crowded = sum(len(line) for line in harness.worker.output()) > LEGIBLE
    return Refusal(heard, _tells(harness), crowded)


def _tells(harness: Harness) -> bool:
    return any(NO_ROUTE in line or FAILED in line for line in harness.worker.output())
