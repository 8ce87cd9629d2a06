"""Registrations that the engine refuses, and how a worker reacts."""

from __future__ import annotations

from dataclasses import replace

from conformance.checks.stimuli.refusing import (
    NO_ROUTE,
    OWNER,
    UNHEARD_OF,
    AfterRejection,
    Refusal,
    chosen,
    refuse_a_function,
    still_runs,
    trigger_refused,
)
from conformance.requirements.verdict import Finding, broken, kept
from conformance.trials.harness import Harness
from conformance.trials.trial import Record, Worker, check, trial
from mock_engine.rendering import as_json
from mock_engine.transcript import Message


@trial(Worker.OWN)
async def function_conflict(harness: Harness) -> AfterRejection:
    """Tell the worker that one of its functions belongs to another worker."""
    refused = await refuse_a_function(harness, "FUNCTION_NAMESPACE_CONFLICT", owner_worker_id=OWNER)
    heard = refused.heard and await _serves(harness)
    return replace(refused, heard=heard, exit_code=harness.worker.process.exit_code)


async def _serves(harness: Harness) -> bool:
    """Whether the worker still runs a function that is invoked like any other, if it has one."""
    refused = chosen(harness)
    others = [function_id for function_id, _ in harness.invoker.samples() if function_id != refused]
    return await still_runs(harness, others[-1] if others else None)


@check("REG-009", function_conflict)
def survives_a_function_conflict(record: Record[AfterRejection]) -> Finding:
    """If one function name is taken, the worker must still serve its other functions."""
    return _went_on(record, "Log the rejection of the function and go on.")


def _went_on(record: Record[AfterRejection], remedy: str) -> Finding:
    if record.result.heard:
        return kept("it went on serving the rest")
    return broken(
        expected="a worker that serves its other functions",
        seen="it no longer listens" if record.result.exit_code is None else "it ended",
        events=record.events[-4:],
        remedy=remedy,
    )


@check("TRG-003", trigger_refused)
def survives_a_confirmed_trigger(record: Record[Refusal]) -> Finding:
    """Engines confirm a trigger by a message without an error, or with null as the error."""
    if record.result.confirmed:
        return kept("it went on")
    return broken(
        expected="a worker that goes on after a triggerregistrationresult without an error, and "
        "with null for it",
        seen="it no longer listens",
        events=tuple(
            e
            for e in record.events
            if isinstance(e, Message) and e.type == "triggerregistrationresult"
        )[:2],
        remedy="Look at `error` before its members.",
    )


@check("TRG-001", trigger_refused)
def survives_a_refused_trigger(record: Record[Refusal]) -> Finding:
    """A worker whose route is taken can still serve everything else."""
    if record.result.heard:
        return kept("it went on")
    refusals = [
        e for e in record.events if isinstance(e, Message) and e.type == "triggerregistrationresult"
    ]
    return broken(
        expected="a worker that logs the refusal of a trigger and goes on",
        seen="it no longer listens",
        events=tuple(refusals[:1]),
        remedy="Handle triggerregistrationresult with an error: log it.",
    )


@trial(Worker.OWN)
async def odd_rejection(harness: Harness) -> AfterRejection:
    """Tell the worker that a function is refused, for a reason that it cannot know."""
    return await refuse_a_function(harness, UNHEARD_OF)


@check("REG-014", odd_rejection)
def survives_an_unknown_rejection(record: Record[AfterRejection]) -> Finding:
    """Newer engines refuse functions for reasons that a worker may not know."""
    remedy = "A rejection that names a function_id is about that function, whatever its code."
    return _went_on(record, remedy)


@check("TRG-002", trigger_refused)
def tells_of_a_refused_trigger(record: Record[Refusal]) -> Finding:
    """If a route never answers, people look in the worker's log first."""
    if record.result.logged:
        return kept("the refusal is in its output")
    return broken(
        expected=f"a line with the refusal, {as_json(NO_ROUTE)}, in the worker's output",
        seen="no such line",
        remedy="Log the error of a triggerregistrationresult with the id of its trigger.",
    )
