"""Values that are absent."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from conformance.checks.stimuli.answers import about
from conformance.checks.stimuli.invoking import all_answered
from conformance.checks.stimuli.odd_answers import NOTHING, OddAnswers, odd_answers, silent_after
from conformance.requirements.verdict import (
    Finding,
    broken,
    decisive,
    inconclusive,
    kept,
    not_applicable,
)
from conformance.subject.process import describe_exit
from conformance.trials.conversation import Conversation
from conformance.trials.gateway import READS
from conformance.trials.harness import Harness
from conformance.trials.invoker import Invocation
from conformance.trials.trial import Record, Worker, check, trial
from mock_engine.transcript import Direction, Message

MOST = 20
"""Functions that are invoked while there are no values; the rest shows nothing more."""


REMEDY = "Take an answer without a result, or with null, for `nothing is there`, and go on or fail."


ALONE = 2
"""Functions without an answer that are invoked again, each alone."""


@dataclass(frozen=True, slots=True)
class Read:
    """A call of the worker for a value, and the functions in flight then, by invocation id."""

    message: Message
    running: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Barren:
    """Functions that were invoked while nothing was kept: at once, and then, if need be, alone."""

    together: tuple[Invocation, ...]
    alone: tuple[Invocation, ...]


@trial(Worker.SHARED_LAST)
async def where_nothing_is_kept(harness: Harness) -> Barren:
    """Invoke the functions that ask for values again, and answer that there are none."""
    asking = {name for read in _reads(harness.talk) for name in read.running.values()}
    chosen = {name: data for name, data in harness.invoker.samples() if name in asking}
    chosen = dict(itertools.islice(chosen.items(), MOST))
    if not chosen or not harness.worker.running:
        return Barren((), ())
    harness.gateway.barren = True
    try:
        together = await _asked(harness, chosen)
        silent = [i.function_id for i in together if not harness.invoker.replies(i)][:ALONE]
        alone = [await _asked(harness, {name: chosen[name]}) for name in silent]
        return Barren(together, tuple(itertools.chain(*alone)))
    finally:
        harness.gateway.barren = False


async def _asked(harness: Harness, chosen: Mapping[str, Any]) -> tuple[Invocation, ...]:
    """Invoke functions, unless the worker ended, and wait for their answers."""
    if not harness.worker.running:
        return ()
    invocations = tuple(harness.invoker.invoke(name, data) for name, data in chosen.items())
    await all_answered(harness, invocations, harness.invoker.patience(invocations))
    return invocations


def _reads(talk: Conversation) -> list[Read]:
    """The worker's calls for values, in order."""
    running: dict[str, str] = {}
    reads: list[Read] = []
    for message in talk.messages(direction=None):
        if not isinstance(message.json, dict):
            continue
        function_id, invocation_id = (
            str(message.json.get(name)) for name in ("function_id", "invocation_id")
        )
        from_worker = message.direction is Direction.FROM_WORKER
        match message.type:
            case "invokefunction" if not from_worker:
                running[invocation_id] = function_id
            case "invokefunction" if function_id in READS:
                reads.append(Read(message, dict(running)))
            case "invocationresult" if from_worker:
                running.pop(invocation_id, None)
    return reads


@check("USE-006", where_nothing_is_kept, odd_answers)
def copes_with_what_is_absent(*records: Record[Any]) -> Finding:
    """An error is an answer, but silence blocks the caller and a crash affects every caller."""
    findings = [_without_a_value(r) for r in records if isinstance(r.result, OddAnswers)]
    findings += [_where_nothing_is(r) for r in records if isinstance(r.result, Barren)]
    return decisive(findings)


def _without_a_value(record: Record[OddAnswers]) -> Finding:
    """What became of functions whose own calls were answered without a value."""
    silent = silent_after(record.talk, record.result, NOTHING)
    if silent is None:
        return kept("functions answered although their calls were answered with nothing")
    invocation, answer = silent
    return broken(
        expected=f"an answer of {invocation.function_id}, a result or an error, although its call "
        f"was answered with {answer}",
        seen="no answer",
        events=about(record, invocation),
        remedy=REMEDY,
    )


def _where_nothing_is(record: Record[Barren]) -> Finding:
    """What became of functions that asked for values while there were none."""
    reads = _reads(record.talk)
    if not reads:
        return not_applicable("it asked the engine for no value")
    if record.exit_code is not None:
        return _ended(record, reads)
    played = record.result
    for invocation in played.alone:
        reads_then = [read for read in reads if invocation.id in read.running]
        if reads_then and not record.talk.answers(invocation.id):
            return broken(
                expected=f"an answer of {invocation.function_id}, a result or an error, although "
                f"{reads_then[0].message.json['function_id']} gave no value",
                seen="no answer",
                events=(*about(record, invocation), reads_then[0].message),
                remedy=REMEDY,
            )
    answered = [i for i in played.together if record.talk.answers(i.id)]
    proven = [i for i in answered if any(i.id in read.running for read in reads)]
    if not proven:
        return inconclusive("no function of its own asked for a value while it was invoked")
    return kept(f"{len(proven)} functions answered although nothing was kept")


def _ended(record: Record[Barren], reads: list[Read]) -> Finding:
    """The finding about a worker that ended by itself."""
    how = describe_exit(record.exit_code or 0)
    for read in reversed(reads):
        silent = [name for i, name in read.running.items() if not record.talk.answers(i)]
        if silent and _gave_nothing(record, read.message):
            return broken(
                expected=f"an answer of {silent[0]}, although "
                f"{read.message.json['function_id']} gave no value",
                seen=f"the process ended with {how}",
                events=(read.message,),
                remedy=REMEDY,
            )
    return inconclusive(f"it ended by itself with {how}: see RDY-001")


def _gave_nothing(record: Record[Barren], call: Message) -> bool:
    """Whether the engine answered a call with neither a result nor an error."""
    return any(
        answer.json.get("result") is None and answer.json.get("error") is None
        for answer in record.talk.messages(call.connection, Direction.FROM_ENGINE)
        if answer.type == "invocationresult"
        and answer.json.get("invocation_id") == call.json.get("invocation_id")
    )
