"""A worker whose name is taken gives up, and says so."""

from __future__ import annotations

from conformance.checks.stimuli.refusing import (
    CONFLICT,
    UNHEARD_OF,
    Displaced,
    long_name_conflict,
    name_conflict,
    unknown_refusal,
)
from conformance.requirements.verdict import Finding, broken, inconclusive, kept
from conformance.trials.trial import Record, check


@check("REC-012", name_conflict, long_name_conflict)
def stays_away_when_its_name_is_taken(*records: Record[Displaced]) -> Finding:
    """If two workers with the same name both came back, they would evict each other for ever."""
    for record in records:
        again = _again(record)
        if again:
            return broken(
                expected=f"no new connection after {CONFLICT}",
                seen="a new connection",
                events=(record.talk.first_message(again[0]),),
                remedy="Treat the rejection of the worker's name as final, and say so in the log.",
            )
    return kept(max(records, key=lambda record: record.result.patience).result.words)


@check("REC-030", unknown_refusal)
def takes_any_refusal_of_itself_as_final(record: Record[Displaced]) -> Finding:
    """Newer engines have further reasons to refuse a worker, which hold while they run."""
    again = _again(record)
    if not again:
        return kept(record.result.words)
    return broken(
        expected=f"no new connection after a rejection with the code {UNHEARD_OF}, which names no "
        "function",
        seen="one",
        events=(record.talk.first_message(again[0]),),
        remedy="Take a rejection without function_id as one of the worker, whatever its code.",
    )


@check("REC-037", name_conflict)
def does_not_live_on_in_silence(record: Record[Displaced]) -> Finding:
    """Nobody restarts or examines a process that looks healthy but handles no calls."""
    displaced = record.result
    if _again(record):
        return inconclusive("it came back although its name is taken: see REC-012")
    if displaced.exit_code is not None:
        return kept("its process ended")
    if displaced.wrote is None:
        return inconclusive("what it writes cannot be read")
    if displaced.wrote:
        return kept("it wrote something when its name was taken")
    return broken(
        expected="the end of the process, or a line in its output, after " + CONFLICT,
        seen="it lives on without a connection, and wrote nothing",
        events=record.events[-4:],
        remedy="End with an error, so that a supervisor sees it, or log the rejection at least.",
    )


def _again(record: Record[Displaced]) -> list[int]:
    return [number for number in record.talk.workers if number not in record.result.before]
