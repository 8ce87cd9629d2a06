"""Messages that a worker does not expect: it must survive them all."""

from __future__ import annotations

from conformance.checks.stimuli.odd_messages import Survival, odd_messages
from conformance.requirements.verdict import Finding, broken, inconclusive, kept
from conformance.trials.trial import Record, check
from mock_engine.transcript import Direction


def _survives(requirement: str, what: str) -> None:
    @check(requirement, odd_messages)
    def survives(record: Record[dict[str, Survival]]) -> Finding:
        survival = record.result.get(requirement)
        if survival is None:
            return inconclusive("the worker stopped answering before this was tried")
        stimulus = [e for e in survival.events if e.direction is Direction.FROM_ENGINE]
        if survival.heard and survival.unanswered:
            return broken(
                expected=f"a worker that takes {what} as any other message of the type",
                seen=f"{survival.unanswered} of what it had to answer or to go on with unanswered",
                events=tuple(stimulus[:4]),
                remedy="Read of a message what you need, and pass over the rest.",
            )
        if survival.heard:
            return kept(f"it went on after {what}")
        state = "no longer listens" if survival.alive else "ended"
        return broken(
            expected=f"a worker that ignores {what} and goes on",
            seen=f"its process {state}" if not survival.alive else f"it {state} on that connection",
            events=tuple(stimulus[:3]) + survival.events[-3:],
            remedy="Catch errors for each message, inside the receive loop, and log them.",
        )


_survives("FRM-003", "a message of an unknown type")


_survives("FRM-004", "unknown fields in a message")


_survives("FRM-005", "text that is no JSON")


_survives("FRM-006", "an empty text message")


_survives("FRM-007", "binary data that is no message")


_survives("FRM-008", "JSON that is no object")


_survives("FRM-009", "null for optional fields")


_survives("FRM-011", "messages that lack what their type needs")


_survives("FRM-012", "a trace context that is empty or none")
