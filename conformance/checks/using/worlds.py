"""How a function behaves in two circumstances that differ in one thing."""

from __future__ import annotations

from conformance.checks.stimuli.answers import about, described
from conformance.checks.stimuli.worlds import (
    Pair,
    kept_and_refused,
    plain_and_over_http,
    result,
)
from conformance.documents.trees import equal
from conformance.requirements.verdict import Finding, broken, inconclusive, kept, not_applicable
from conformance.trials.trial import Record, check
from mock_engine.rendering import as_json, shorten


@check("USE-007", plain_and_over_http)
def reads_its_requests(record: Record[tuple[Pair, ...]]) -> Finding:
    """The engine passes the whole request, and the input of the function is inside it."""
    if not record.result:
        return not_applicable("no function behind an HTTP trigger is known to need data")
    judged = 0
    for pair in record.result:
        plain, _ = result(record.talk.answers(pair.first.id))
        answers = record.talk.answers(pair.second.id)
        if not plain:
            continue
        judged += 1
        fine, _ = result(answers)
        if not fine:
            return broken(
                expected=f"a result of {pair.second.function_id} for a request whose body, query "
                "and path hold the data that it takes when it is invoked with it",
                seen=shorten(described(answers[0]), 160) if answers else "no answer",
                events=(*about(record, pair.first), *about(record, pair.second)),
                remedy="Take what a handler needs from body, query_params and path_params.",
            )
    if not judged:
        return inconclusive("no function behind an HTTP trigger took its data a second time")
    return kept(f"{judged} functions took their data from requests")


@check("USE-008", kept_and_refused)
def tells_what_was_not_kept(record: Record[tuple[Pair, ...]]) -> Finding:
    """A caller that is told that all is well does not try again, so the data is lost."""
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
        well, after = result(record.talk.answers(pair.second.id))
        if well and equal(before, after):
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
