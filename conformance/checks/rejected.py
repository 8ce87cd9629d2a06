"""Refusals: what the engine says no to, and what a worker makes of it."""

from __future__ import annotations

from dataclasses import dataclass, replace

from conformance.checks.answers import disowned
from conformance.checks.ready import looking_back
from conformance.checks.retrying import HOT
from conformance.errors import Inconclusive
from conformance.requirements.verdict import Finding, broken, inconclusive, kept, not_applicable
from conformance.trials.harness import Harness
from conformance.trials.trial import Record, Worker, check, trial
from mock_engine.transcript import Message

OWNER = "0b7e1a52-0000-4000-8000-00000000000f"
NO_ROUTE = "no such route"
PATIENCE = 3.5
"""Seconds in which every SDK that comes back has come back: 2.6 s at the latest."""


@dataclass(frozen=True, slots=True)
class Refused:
    """What a refusal led to. Times are in seconds since the transcript began."""

    at: float
    before: tuple[int, ...]
    heard: bool
    exit_code: int | None


async def _refuse_a_function(harness: Harness, code: str, **told: str) -> Refused:
    """Start the worker and refuse one of its functions; ``told`` are further fields of that.

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
        "function_id": _chosen(harness),
    }
    harness.send(before[0], rejection | told)
    heard = await harness.invoker.pulse() and set(before) <= set(harness.workers)
    return Refused(at, before, heard, harness.worker.process.exit_code)


def _chosen(harness: Harness) -> str:
    """The function that is refused: not the one that shows whether the worker listens."""
    names = [name for name in harness.baseline.functions if name != harness.baseline.pulse]
    return (names or list(harness.baseline.functions))[0]


@trial(Worker.OWN)
async def function_conflict(harness: Harness) -> Refused:
    """Tell the worker that one of its functions belongs to somebody else."""
    refused = await _refuse_a_function(
        harness, "FUNCTION_NAMESPACE_CONFLICT", owner_worker_id=OWNER
    )
    heard = refused.heard and await _serves(harness)
    return replace(refused, heard=heard, exit_code=harness.worker.process.exit_code)


async def _serves(harness: Harness) -> bool:
    """Whether the worker still runs a function that is invoked like any other, if it has one."""
    refused = _chosen(harness)
    others = [function_id for function_id, _ in harness.invoker.samples() if function_id != refused]
    return await _still_runs(harness, others[-1] if others else None)


async def _still_runs(harness: Harness, function_id: object) -> bool:
    """Whether the worker runs a function, if it is one that is invoked like any other."""
    for name, data in harness.invoker.samples():
        if name == function_id:
            invocation = harness.invoker.invoke(name, data)
            answer = await harness.invoker.reply(invocation, harness.invoker.patience([invocation]))
            return answer is not None and not disowned(harness.talk, invocation, answer)
    return True


@check("REG-009", function_conflict)
def survives_a_function_conflict(record: Record[Refused]) -> Finding:
    """One taken name must not take the other functions down."""
    return _went_on(record, "Log the rejection of the function and go on.")


def _went_on(record: Record[Refused], remedy: str) -> Finding:
    if record.result.heard:
        return kept("it went on serving the rest")
    return broken(
        expected="a worker that serves its other functions",
        seen="it no longer listens" if record.result.exit_code is None else "it ended",
        events=record.events[-4:],
        remedy=remedy,
    )


@trial(Worker.OWN, slow=True)
async def name_conflict(harness: Harness) -> Refused:
    """Tell the worker that its name is taken, and close the connection."""
    await harness.worker.start()
    await harness.presence.ready()
    at = harness.transcript.now()
    before = tuple(harness.workers)
    for number in before:
        connection = harness.connection(number)
        harness.send(
            number,
            {
                "type": "registrationrejected",
                "code": "WORKER_NAMESPACE_CONFLICT",
                "namespace": "default",
                "worker_name": "taken",
                "owner_worker_id": OWNER,
            },
        )
        connection.close()
    await harness.until(lambda: bool(_since(harness, before)), PATIENCE)
    return Refused(at, before, False, harness.worker.process.exit_code)


def _since(harness: Harness, before: tuple[int, ...]) -> list[int]:
    return [number for number in harness.talk.workers if number not in before]


@check("REC-012", name_conflict)
def stays_away_when_its_name_is_taken(record: Record[Refused]) -> Finding:
    """Two workers of one name that both insist would throw each other out for ever."""
    again = [number for number in record.talk.workers if number not in record.result.before]
    if not again:
        return kept(f"no new connection within {PATIENCE} s")
    return broken(
        expected="no new connection after WORKER_NAMESPACE_CONFLICT",
        seen=f"connection #{again[0]}",
        events=(record.talk.first_message(again[0]),),
        remedy="Treat the rejection of the worker's name as final, and say so in the log.",
    )


@dataclass(frozen=True, slots=True)
class Denied:
    """How often a worker came back within some seconds to an engine that refuses it."""

    at: float
    seconds: float
    upgrades: int
    exit_code: int | None


@trial(Worker.OWN)
async def denied(harness: Harness) -> Denied:
    """Answer the worker's connection with an error and a close frame, and then admit it."""
    await harness.worker.start()
    await harness.presence.ready()
    at = harness.transcript.now()
    before = tuple(harness.workers)
    error = {"code": "AUTH_ERROR", "message": "not today"}
    for number in before:
        connection = harness.connection(number)
        harness.send(number, {"type": "error", "error": error})
        connection.close()
    await harness.until(
        lambda: bool(_since(harness, before)) or not harness.worker.running,
        harness.pace.reconnect,
    )
    # A connection for telemetry may be opened at any time: those of workers alone tell.
    talk = harness.talk
    upgrades = [talk.upgrades[number].at for number in _since(harness, before)]
    first = (min(upgrades) if upgrades else harness.transcript.now()) - at
    return Denied(at, first, len(upgrades), harness.worker.process.exit_code)


@check("CON-007", denied)
def survives_an_error_message(record: Record[Denied]) -> Finding:
    """An engine tells why it refuses a worker; a worker that spins then is an attack."""
    denial = record.result
    if denial.exit_code not in (None, 0):
        return broken(
            expected="a worker that tries again, or ends on purpose with a message",
            seen=f"its process ended with code {denial.exit_code}",
            events=record.events[-4:],
            remedy="Log the error, and try again with a growing delay.",
        )
    if denial.upgrades and denial.seconds < HOT:
        return broken(
            expected=f"a pause of at least {HOT} s before the next connection",
            seen=f"a new connection after {denial.seconds:.2f} s",
            events=record.events[-4:],
            remedy="Wait before each reconnect, whatever ended the connection.",
        )
    if not denial.upgrades and denial.exit_code is None:
        return inconclusive("it did not come back, and may be waiting: see REC-001 to REC-005")
    return kept(f"the next connection came after {denial.seconds:.1f} s")


FAILED = "trigger_registration_failed"
LEGIBLE = 100_000
"""Characters of output beyond which lines may have been cut or dropped."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """What came of a refused trigger.

    ``heard`` is whether the worker still listened, ``told`` whether its output tells of it, and
    ``crowded`` whether there was more output than is kept.
    """

    heard: bool
    told: bool
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
    heard = heard and await _still_runs(harness, body.get("function_id"))
    await harness.until(lambda: _tells(harness), harness.pace.stray)
    crowded = sum(len(line) for line in harness.worker.output()) > LEGIBLE
    return Refusal(heard, _tells(harness), crowded)


def _tells(harness: Harness) -> bool:
    return any(NO_ROUTE in line or FAILED in line for line in harness.worker.output())


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
async def odd_rejection(harness: Harness) -> Refused:
    """Tell the worker of a function that is refused for a reason it cannot know."""
    return await _refuse_a_function(harness, "X_UNHEARD_OF")


@check("REG-014", odd_rejection)
def survives_an_unknown_rejection(record: Record[Refused]) -> Finding:
    """Newer engines have further reasons to refuse a function."""
    remedy = "A rejection that names a function_id is about that function, whatever its code."
    return _went_on(record, remedy)


@check("TRG-002", trigger_refused)
def tells_of_a_refused_trigger(record: Record[Refusal]) -> Finding:
    """A route that never answers is looked for in the worker's log first."""
    if record.result.told:
        return kept("the refusal is in its output")
    if record.result.crowded:
        return inconclusive("it writes so much that not all of it is kept")
    return broken(
        expected=f"a line with the refusal, {NO_ROUTE!r}, in the worker's output",
        seen="no such line",
        remedy="Log the error of a triggerregistrationresult with the id of its trigger.",
    )


@check("REG-010", looking_back)
def keeps_off_reserved_ids(record: Record[object]) -> Finding:
    """Ids that begin with ``engine::`` are the engine's own outside the default namespace."""
    namespaces = {
        namespace
        for call in record.talk.announcements()
        if isinstance(call.json.get("data"), dict)
        and isinstance(namespace := call.json["data"].get("namespace"), str)
    } - {"default"}
    if not namespaces:
        return not_applicable("it is in the default namespace, where the engine allows them")
    reserved = [r for r in record.talk.registrations if str(r.id).startswith("engine::")]
    if not reserved:
        return kept("no function id begins with engine::")
    return broken(
        expected=f"no function engine::… in the namespace {min(map(str, namespaces))}",
        seen=f"the function {reserved[0].id!r}",
        events=(reserved[0].message,),
        remedy="Choose another name in front of the function.",
    )
