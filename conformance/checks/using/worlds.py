"""How a function behaves in two circumstances that differ in one thing."""

from __future__ import annotations

from typing import Any

from conformance.checks.stimuli.answers import about, described
from conformance.checks.stimuli.requests import Stubborn, complained, filled_requests
from conformance.checks.stimuli.worlds import (
    Asked,
    Refused,
    kept_and_refused,
    plain_and_over_http,
    result,
)
from conformance.documents.trees import varies_alike
from conformance.requirements.verdict import (
    Finding,
    broken,
    decisive,
    inconclusive,
    kept,
    not_applicable,
)
from conformance.trials.learning.exceptions import unexpected
from conformance.trials.trial import Record, check
from mock_engine.rendering import as_json, shorten
from mock_engine.transcript import Message

REMEDY = "Take what a handler needs from body, query_params and path_params."


@check("USE-007", plain_and_over_http, filled_requests)
def reads_its_requests(*records: Record[Any]) -> Finding:
    """The engine passes the whole request, and the input of the function is inside it."""
    findings = [
        _met(record) if any(isinstance(one, Stubborn) for one in record.result) else _asked(record)
        for record in records
        if record.result
    ]
    if not findings:
        return not_applicable("no function behind an HTTP trigger may be invoked")
    return decisive(findings)


def _asked(record: Record[tuple[Asked, ...]]) -> Finding:
    """What became of requests around data that functions take when invoked with it."""
    judged = 0
    for pair in record.result:
        plain, answers = record.talk.answers(pair.first.id), record.talk.answers(pair.second.id)
        taken = result(plain)[0] and pair.needed
        judged += taken
        slipped = answers and plain and _exception(answers) and not _exception(plain)
        if (taken and not result(answers)[0]) or slipped:
            return broken(
                expected=f"a result of {pair.second.function_id} for a request whose body, query "
                "and path hold the data that it takes when it is invoked with it",
                seen=shorten(described(answers[0]), 160) if answers else "no answer",
                events=(*about(record, pair.first), *about(record, pair.second)),
                remedy=REMEDY,
            )
    if not judged and any(pair.needed for pair in record.result):
        return inconclusive("no function behind an HTTP trigger took its data a second time")
    if not judged:
        return not_applicable("no function behind an HTTP trigger is known to need data")
    return kept(f"{judged} functions took their data from requests")


def _exception(answers: list[Message]) -> str | None:
    """The name of the programming mistake that an answer is about, or ``None``."""
    error = answers[0].json.get("error")
    stack = error.get("stacktrace") if isinstance(error, dict) else ""
    return unexpected(complained(answers), str(stack or ""))


def _met(record: Record[tuple[Stubborn, ...]]) -> Finding:
    """What became of requests with everything that functions said they miss."""
    met = 0
    for one in record.result:
        if one.names:
            last = one.invocations[-1]
            where = " It takes them from beside those parts." if one.beside is not None else ""
            return broken(
                expected=f"{one.function_id} to take {', '.join(one.names)} from the body, the "
                "query or the path parameters of a request",
                seen=f"{len(one.invocations)} requests with them in each of these led to: "
                f"{shorten(complained(record.talk.answers(last.id)), 120)}.{where}",
                events=about(record, last),
                remedy=REMEDY,
            )
        met += len(one.invocations) > 1
    if not met:
        return not_applicable("no function behind an HTTP trigger said what a request lacks")
    return kept(f"{met} functions took what they said was missing from requests")


@check("USE-008", kept_and_refused)
def tells_what_was_not_kept(record: Record[tuple[Refused, ...]]) -> Finding:
    """A caller that is told that all is well does not try again, so the data is lost.

    What differs between two answers when all was kept, such as a random id, tells nothing.
    """
    if not record.result:
        return not_applicable(
            "none of its functions was seen to keep something and to wait for that"
        )
    judged = 0
    for pair in record.result:
        fine, before = result(record.talk.answers(pair.first.id))
        if not fine:
            continue
        judged += 1
        fine_again, other = result(record.talk.answers(pair.again.id))
        well, after = result(record.talk.answers(pair.second.id))
        if fine_again and well and varies_alike(before, other, after):
            return broken(
                expected=f"another answer of {pair.second.function_id} when what it was to keep "
                "was refused by the engine",
                seen=f"the same: {shorten(as_json(after), 120)}",
                events=(*about(record, pair.first), *about(record, pair.second)),
                remedy="Look at the outcome of a call that keeps something, and fail if it failed.",
            )
    if not judged:
        return inconclusive("no function that keeps something did so twice")
    return kept(f"{judged} functions told that what they were to keep was refused")
