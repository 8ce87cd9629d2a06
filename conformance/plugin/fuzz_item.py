"""What every item of fuzzing has in common."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from hypothesis.database import ExampleDatabase

from conformance.judging.entry import FUZZ, Entry, Evidence
from conformance.plugin.judged_item import JudgedItem
from conformance.requirements.verdict import Level, Outcome
from conformance.settings.fuzzing import Fuzzing
from conformance.trials.scheduler import InconclusiveTrial

PHASE = FUZZ


class FuzzItem(JudgedItem):
    """Something that fuzzing judges."""

    def __init__(self, *, fuzzing: Fuzzing, database: ExampleDatabase | None, **kw: Any) -> None:
        super().__init__(**kw)
        self.fuzzing = fuzzing
        self.database = database

    def end_run(self) -> None:
        """End what was begun, and let this item be the last one of the run."""
        self.judgement.stop()
        self.session.shouldstop = "interrupted"

    def account(self, entry: Entry) -> str:
        """The findings in full, where that is what was judged."""
        if "notes" in entry:
            return "\n".join(entry["evidence"]["differences"])
        return super().account(entry)

    def entry(self, outcome: Outcome, sentence: str, reason: str, evidence: Evidence) -> Entry:
        """A verdict as data."""
        return {
            "kind": FUZZ,
            "id": self.name,
            "phase": PHASE,
            "level": Level.MUST.value,
            "sentence": sentence,
            "source": "docs/fuzzing.md",
            "bugs": [],
            "protocol": self.judgement.protocol.version,
            "outcome": outcome.value,
            "reason": reason,
            "command": "",
            "evidence": evidence,
        }

    def missed(self, sentence: str, played: InconclusiveTrial) -> Entry:
        """The verdict when nothing could be tried."""
        reason = f"{Outcome.NOT_VERIFIED.value}: {played.reason}"
        return self.entry(Outcome.NOT_VERIFIED, sentence, reason, evidence(seen=played.reason))


def evidence(
    *,
    seen: str,
    expected: str = "",
    remedy: str = "",
    differences: Sequence[str] = (),
    log: Sequence[str] = (),
    run: str = "",
) -> Evidence:
    """What a verdict rests on."""
    return {
        "expected": expected,
        "seen": seen,
        "remedy": remedy,
        "differences": list(differences),
        "frames": [],
        "log": list(log),
        "runs": [run] if run else [],
    }
