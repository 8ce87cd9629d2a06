"""What every item of fuzzing has in common."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from hypothesis.database import ExampleDatabase
from msgspec import UNSET

from conformance.judging.entry import FUZZ, Criterion, Entry, Evidence, build_entry
from conformance.judging.session import Judgement
from conformance.plugin.judged_item import JudgedItem
from conformance.requirements.verdict import Level, Outcome
from conformance.settings.fuzzing import Fuzzing
from conformance.trials.outcome import InconclusiveTrial

PHASE = FUZZ


class FuzzItem(JudgedItem):
    """Something that fuzzing judges."""

    judgement: Judgement
    rests_on_trials = False

    def __init__(self, *, fuzzing: Fuzzing, database: ExampleDatabase | None, **kw: Any) -> None:
        super().__init__(**kw)
        self.fuzzing = fuzzing
        self.database = database

    def end_run(self) -> None:
        """End what was begun, and make this item the last one of the run."""
        self.judgement.stop()
        self.session.shouldstop = "interrupted"

    def account(self, entry: Entry) -> str:
        """The findings in full, if fuzzing found any."""
        if entry.notes is not UNSET:
            return "\n".join(entry.evidence.differences or ())
        return super().account(entry)

    def entry(
        self,
        outcome: Outcome,
        sentence: str,
        reason: str,
        evidence: Evidence,
        notes: Iterable[str] | None = None,
    ) -> Entry:
        """The entry about what was judged."""
        return build_entry(
            Criterion(FUZZ, self.name, PHASE, Level.MUST, sentence, "docs/fuzzing.md"),
            outcome,
            evidence,
            reason=reason,
            protocol=self.judgement.protocol.version,
            command=self.command,
            notes=notes,
        )

    def missed(self, sentence: str, played: InconclusiveTrial) -> Entry:
        """The verdict when nothing could be tried."""
        reason = f"{Outcome.NOT_VERIFIED.value}: {played.reason}"
        return self.entry(Outcome.NOT_VERIFIED, sentence, reason, Evidence(played.reason))
