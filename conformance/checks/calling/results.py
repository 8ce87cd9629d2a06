"""The answers that a worker gets from the functions that it calls."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from conformance.checks.stimuli.answers import WORDLESS, about, described, error_code
from conformance.checks.stimuli.callers import FIRST, SECOND, Callers, two_callers
from conformance.checks.stimuli.calling import Errand, calls_nobody, outgoing
from conformance.checks.stimuli.handing import handed_on
from conformance.checks.stimuli.invoking import all_answered
from conformance.checks.stimuli.odd_answers import OddAnswers, odd_answers
from conformance.documents.trees import equal
from conformance.errors import Inconclusive
from conformance.requirements.verdict import Finding, broken, decisive, inconclusive, kept
from conformance.trials.harness import Harness
from conformance.trials.holding import Holder
from conformance.trials.invoker import Invocation
from conformance.trials.learning.knowledge import MISSING, Relay
from conformance.trials.trial import Record, Worker, check, trial
from mock_engine.rendering import as_json, shorten
from mock_engine.transcript import Direction


def _results(record: Record[Errand]) -> list[Any]:
    """What became of each errand, the latest first; ``None`` for one that was not answered."""
    found: list[Any] = []
    for errand in reversed(record.result.all):
        answers = record.talk.answers(errand.invocation.id)
        if not answers:
            found.append(None)
        elif errand.relay is not None:
            found.append({"error": answers[0].json.get("error")})
        else:
            found.append(answers[0].json.get("result"))
    return found


def _error(result: Any) -> Mapping[str, Any]:
    """The error in what became of an errand; empty if there is none."""
    error = result.get("error") if isinstance(result, dict) else None
    return error if isinstance(error, dict) else {}


@check("CAL-001", calls_nobody)
def tells_the_callers_of_errors(record: Record[Errand]) -> Finding:
    """Callers decide what to do by the code that the engine or the function's owner gave.

    Functions that were found may have an error of their own for it. But where one repeats the
    message as it is, and none has the code, the code was lost on the way.
    """
    results, error_sent = _results(record), _engines_error(record)
    code, message = error_sent.get("code"), error_sent.get("message")
    if not error_sent:
        return inconclusive("it did not call the function it was asked to call")
    relay = record.result.relay
    found = relay is not None
    errors = [_error(result) for result in (results if found else results[:1])]
    if any(e and e.get("code") == code and str(message) in str(e.get("message")) for e in errors):
        return kept("the engine's code and message reached the caller")
    if found and results[0] is None:
        return _hung(record)
    if errors[0] and str(errors[0].get("message")).strip() in WORDLESS:
        return _lost(record, error_sent, results[0])
    repeated = next((e for e in errors if e and e.get("message") == message), None)
    if repeated is not None:
        return _lost(record, error_sent, {"error": repeated})
    if relay is not None:
        what = f"what {relay.function_id} answers does not show the code of the error"
        return inconclusive(f"{what} that its call ended in")
    return _lost(record, error_sent, results[0])


def _hung(record: Record[Errand]) -> Finding:
    """A call did not end when its error came."""
    function_id = record.result.invocation.function_id
    if len(record.result.calls(record.talk)) > 1:
        return inconclusive(f"{function_id} calls again and again while its call fails")
    return broken(
        expected=f"an answer of {function_id}, whose call of {record.result.function_id} ended in "
        "an error; it answers when that call ends with a result",
        seen="no answer",
        events=(*about(record, record.result.invocation), *outgoing(record)[-1:]),
        remedy="An error is an answer, too: end the call that waits under its invocation_id.",
    )


def _lost(record: Record[Errand], error_sent: Mapping[str, Any], result: Any) -> Finding:
    """What the engine said did not reach the caller."""
    return broken(
        expected=f"the code {as_json(error_sent.get('code'))} and the message "
        f"{as_json(error_sent.get('message'))} in the hands of the caller",
        seen=as_json(result),
        events=tuple(outgoing(record)[:1]),
        remedy="Raise the error of an invocationresult with its code and message unchanged.",
    )


def _engines_error(record: Record[Errand]) -> dict[str, Any]:
    """What the engine answered to the worker's call."""
    ids = {str(call.json.get("invocation_id")) for call in outgoing(record)}
    for message in record.talk.messages(direction=Direction.FROM_ENGINE):
        if message.type == "invocationresult" and message.json.get("invocation_id") in ids:
            error = message.json.get("error")
            return error if isinstance(error, dict) else {}
    return {}


VALUES: tuple[Any, ...] = (
    *(False, 0, "", [], [0, None, "text"], {"kept": True, "none": None}),
    *(["alone"], ' {"a": 1} ', 2**53 - 1, -2.5, "x" * 200_000),
)
"""What a called function returns: many languages treat some of these as nothing, and some programs
make others shorter, but all are results."""


ADDED = "_caller_worker_id"
"""What the engine adds to object data on its way; ``echo`` returns it too."""


@dataclass(frozen=True, slots=True)
class Returns:
    """Simultaneous calls that the worker was asked for, each with the value that it gets.

    Each of a found function has its relay.
    """

    invocations: tuple[tuple[Invocation, Any, Relay | None], ...]


MOST_RELAYS = 4
"""Functions whose results are looked at; each takes a moment."""


async def _answered_backwards(
    harness: Harness, relay: Relay
) -> list[tuple[Invocation, Any, Relay | None]]:
    """Hold a call of each of several invocations, and answer the last one first.

    There is one for each value within an object, and one for each value alone but those that
    functions often take for nothing, such as 0: what a function makes of them is its own affair.
    There is nothing to see in a function that keeps an earlier answer, or runs one at a time.
    """
    harness.gateway.holder = holder = Holder(relay.concerns)
    invocations: list[tuple[Invocation, Any, Relay | None]] = []
    wrapped = [{"number": number, "value": value} for number, value in enumerate(VALUES)]
    for returned in (*wrapped, *filter(None, VALUES)):
        number = len(invocations)
        asked = harness.invoker.invoke(relay.function_id, relay.data)
        invocations.append((asked, returned, relay))
        await harness.until(lambda n=number: len(holder.calls) > n, harness.pace.reply)  # type: ignore[misc]
        # One at a time, a function may call again when it has given up the call before.
        gave_up = harness.invoker.replies(invocations[0][0])
        if len(holder.calls) != len(invocations) or gave_up:
            harness.gateway.release()
            await all_answered(harness, [i for i, *_ in invocations], harness.pace.handler)
            return []
    for call, (_, returned, _) in reversed([*zip(holder.calls, invocations, strict=True)]):
        call.answer(returned)
    await all_answered(harness, [i for i, *_ in invocations], harness.pace.handler)
    return invocations


@trial(Worker.CALLING)
async def calls_at_once(harness: Harness) -> Returns:
    """Make the worker wait for a slow answer, and for several quick ones meanwhile."""
    found = [r for r in harness.invoker.relays("call") if r.lens is not None and r.calls == 1]
    if found:
        made = [await _answered_backwards(harness, relay) for relay in found[:MOST_RELAYS]]
        if not any(made):
            names = ", ".join(relay.function_id for relay in found[:MOST_RELAYS])
            raise Inconclusive(f"none made one call an invocation, several at a time: {names}")
        return Returns(tuple(itertools.chain(*made)))
    call, echo, sleep = (harness.invoker.role(name) for name in ("call", "echo", "sleep"))
    slow = harness.invoker.invoke(
        call, {"function_id": sleep, "data": {"ms": 300}, "timeout_ms": 8000}
    )
    errands = [(echo, value, value) for value in VALUES]
    if harness.invoker.plays("null"):
        # Not as data: what a call without any looks like is another question (CAL-008).
        errands.append((harness.invoker.role("null"), {}, None))
    invocations: list[tuple[Invocation, Any, Relay | None]] = []
    for function_id, data, value in errands:
        errand = {"function_id": function_id, "data": data, "timeout_ms": 8000}
        invocations.append((harness.invoker.invoke(call, errand), value, None))
    waiting = (slow, *(invocation for invocation, *_ in invocations))
    await all_answered(harness, waiting, harness.pace.handler)
    return Returns(tuple(invocations))


@check("CAL-019", calls_at_once, two_callers, odd_answers)
def hands_results_to_their_callers(*records: Record[Any]) -> Finding:
    """Answers arrive in any order, and each belongs to the call with the same id."""
    return decisive(_JUDGES[type(record.result)](record) for record in records)


def _asked_for_each(record: Record[Callers]) -> Finding:
    """Whether what two callers asked about at the same time was asked for each of them."""
    for pair in record.result.pairs:
        answers = record.talk.answers(pair.second.id)
        alike = pair.called_later and not pair.called
        if alike and answers and error_code(answers[0]) is None:
            return broken(
                expected=f"a call by {pair.relay.function_id} about {SECOND}, which its second "
                f"caller asked about while it waited for an answer about {FIRST}",
                seen=f"no such call, and {described(answers[0])}",
                events=about(record, pair.first) + about(record, pair.second),
                remedy="Keep pending calls by their ids; share the answer to a call among callers "
                "only where function and data are the same.",
            )
    if any(pair.called for pair in record.result.pairs):
        return kept("it called for each of two callers who asked about different things")
    return inconclusive("its functions refused what two callers asked about")


OVERLOOKED = 1.0
"""Seconds after which a call that was answered at once cannot have ended because of that answer."""


def _taken(record: Record[OddAnswers]) -> Finding:
    """Whether calls ended because of the answers that they got, whatever those were."""
    for invocation, answer in record.result.invocations:
        late = [m for m in record.talk.answers(invocation.id) if m.at - invocation.at > OVERLOOKED]
        if late and error_code(late[0]) == "TIMEOUT":
            return broken(
                expected=f"the end of a call of {invocation.function_id} when it was answered with "
                f"{answer}",
                seen=f"TIMEOUT after {late[0].at - invocation.at:.1f} s",
                events=about(record, invocation),
                remedy="Whatever `result` is, null or absent too, it is the answer to its call.",
            )
    return handed_on(record, answers=True) or inconclusive(
        "what a function makes of an odd answer to its call is its own affair"
    )


def _handed_out(record: Record[Returns]) -> Finding:
    """Whether each of several simultaneous calls got its own result."""
    for invocation, value, relay in record.result.invocations:
        answers = record.talk.answers(invocation.id)
        outcome = answers[0].json.get("result") if answers else None
        if answers and relay is not None:
            outcome = {"result": relay.returned(outcome)}
            if outcome["result"] is MISSING or error_code(answers[0]) is not None:
                continue  # it expects something else, and says so
        if answers and error_code(answers[0]) is not None:
            return inconclusive("its function `call` fails: see CAL-001")
        error = outcome.get("error") if isinstance(outcome, dict) else None
        if isinstance(error, dict) and error.get("code") == "function_not_found":
            return inconclusive("its call did not find its own function; it may be in a namespace")
        if (
            isinstance(outcome, dict)
            and error is None
            and equal(_plain(outcome.get("result")), value)
        ):
            continue
        return broken(
            expected=f"{shorten(as_json(value), 80)} in the hands of the caller of a function that "
            "returned it",
            seen=shorten(as_json(outcome), 160) if answers else "no answer",
            events=about(record, invocation),
            remedy="Find who waits by the invocation_id of a result, and hand `result` on as it "
            "is; without the field it is null.",
        )
    return kept(f"{len(record.result.invocations)} calls at once, each with its own result")


def _plain(result: Any) -> Any:
    """A result without what the engine added to the data that it repeats."""
    if isinstance(result, dict):
        return {name: value for name, value in result.items() if name != ADDED}
    return result


_JUDGES: Mapping[type, Callable[[Record[Any]], Finding]] = {
    Returns: _handed_out,
    Callers: _asked_for_each,
    OddAnswers: _taken,
}
