"""What a worker needs from the greeting of an engine."""

from __future__ import annotations

from conformance.checks.stimuli.starting import GREETINGS, Ungreeted, engine_does_not_greet
from conformance.requirements.verdict import Finding, broken, inconclusive, kept
from conformance.trials.trial import Record, check


@check("CON-005", engine_does_not_greet)
def does_not_wait_for_the_greeting(record: Record[Ungreeted]) -> Finding:
    """Engines before 0.9 send no ``workerregistered``, and registrations may precede it."""
    if record.result.lacked is None:
        return kept("it announced and registered without having been greeted")
    return broken(
        expected="the announcement and every registration without `workerregistered`",
        seen=f"the worker {record.result.lacked}",
        events=record.events[-6:],
        remedy="Send registrations as soon as the WebSocket is open.",
    )


@check("CON-010", engine_does_not_greet)
def takes_any_greeting(record: Record[Ungreeted]) -> Finding:
    """Engines before 0.22 send no token, and engines since 0.25 list their features."""
    heard = record.result.heard
    if not heard:
        return inconclusive("it did not register without having been greeted: see CON-005")
    if all(heard) and len(heard) == len(GREETINGS):
        return kept("it went on after " + ", ".join(what for what, _ in GREETINGS))
    what, _ = GREETINGS[heard.index(False) if False in heard else len(heard) - 1]
    return broken(
        expected=f"a worker that goes on after {what}",
        seen="it no longer listens" if record.exit_code is None else "it ended",
        events=record.events[-4:],
        remedy="Of workerregistered nothing but worker_id is sure to be there; keep the token if "
        "there is one.",
    )
