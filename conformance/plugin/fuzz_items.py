"""Fuzzing as pytest items: stored counterexamples first, then the campaign."""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from pathlib import Path
from tempfile import gettempdir
from typing import Any

import pytest
from hypothesis.database import ExampleDatabase

from conformance.fuzz.campaign import progress, replay, store
from conformance.fuzz.campaign.campaign import Campaign
from conformance.fuzz.campaign.database import opened
from conformance.fuzz.campaign.defect import CampaignReport, Defect
from conformance.fuzz.campaign.oracles import REMEDIES
from conformance.fuzz.plan import Plan
from conformance.fuzz.search.corpus import Corpus
from conformance.judging.entry import Entry, Evidence
from conformance.judging.session import Judgement
from conformance.plugin import resolving
from conformance.plugin.fuzz_item import PHASE, FuzzItem
from conformance.plugin.judged_item import JOURNAL
from conformance.requirements.verdict import Level, Outcome
from conformance.settings.fuzzing import Fuzzing
from conformance.trials.harness import Harness
from conformance.trials.outcome import InconclusiveTrial
from conformance.trials.trial import Record, Trial, Worker
from mock_engine.rendering import counted


class ReplayItem(FuzzItem):
    """A stored counterexample, tried again."""

    def __init__(self, *, example: store.Counterexample, **kw: Any) -> None:
        super().__init__(**kw)
        self.example = example

    def selection(self) -> Sequence[str]:
        """The options that replay it alone."""
        return ["--fuzz=1", self.nodeid]

    def judge(self) -> Entry:
        """Whether it is fixed or still fails."""
        example = self.example
        sentence = f"{example.function_id}: {example.kind.value}"
        exceptions = self.fuzzing.exceptions != "ignore"
        trial = replay.trial(example, exceptions=exceptions)
        played = self.judgement.outcome(trial)
        if isinstance(played, InconclusiveTrial):
            return self.missed(sentence, played)
        suspicion, seen = played.result.suspicion, played.result.seen
        if suspicion is None:
            text = f"FIXED: {example.path} no longer fails; it is replayed in each run"
            return self.entry(Outcome.PASSED, f"{sentence}: FIXED", text, Evidence(text), ())
        text = f"STILL FAILING: {suspicion.kind.value}: {suspicion.seen}"
        evidence = Evidence(
            seen=text,
            expected=suspicion.expected,
            remedy=REMEDIES[suspicion.kind],
            differences=tuple(
                f"{step.function_id} {step.data}"[:400] for step in example.steps[-5:]
            ),
            log=tuple(seen.log),
            runs=(trial.name,),
        )
        return self.entry(Outcome.FAILED, sentence, text, evidence)


USUAL = 60.0
"""Seconds assumed for a campaign of which only the number of invocations is known."""


class CampaignItem(FuzzItem):
    """A campaign, or a share of one."""

    def __init__(self, **kw: Any) -> None:
        super().__init__(**kw)
        self.seconds = self.fuzzing.seconds or USUAL

    def selection(self) -> Sequence[str]:
        """The options that generate the same inputs."""
        fuzzing = self.fuzzing
        budget = f"{fuzzing.seconds:g}s" if fuzzing.seconds is not None else f"{fuzzing.count}"
        return [f"--fuzz={budget}", f"--fuzz-seed={fuzzing.seed + fuzzing.share}"]

    def judge(self) -> Entry:
        """Run the campaign, show its progress, and judge what it found."""
        campaign = self._campaign()

        async def play(harness: Harness) -> CampaignReport:
            return await campaign.play(harness)

        trial = Trial(f"fuzz {self.name}", Worker.OWN, play)
        self.judgement.begin([trial])
        try:
            self._follow(campaign, trial)
        except KeyboardInterrupt:
            return self._interrupted(campaign)
        played = self.judgement.outcome(trial)
        if isinstance(played, InconclusiveTrial):
            return self.missed("payloads", played)
        assert isinstance(played, Record)
        return self._judged(played.result)

    def _interrupted(self, campaign: Campaign) -> Entry:
        """The verdict on what was found until the user ended the run, which ends after it."""
        self.end_run()
        campaign.report.interrupted = True
        if not campaign.report.invocations:
            return self.missed("payloads", InconclusiveTrial(self.name, "the run was interrupted"))
        return self._judged(campaign.report)

    def _campaign(self) -> Campaign:
        fuzzing = self.fuzzing
        folder = fuzzing.corpus
        plan = Plan(
            seed=fuzzing.seed + fuzzing.share,
            seconds=fuzzing.seconds,
            count=fuzzing.count,
            window=fuzzing.window,
            patterns=fuzzing.functions,
            exceptions=fuzzing.exceptions != "ignore",
            traffic=store.traffic(folder) if folder is not None else {},
        )
        return Campaign(plan, Corpus(self.database), self._keep)

    def _keep(self, found: Defect) -> None:
        """Write a finding as soon as it is made: a run may be killed before its end."""
        if self.fuzzing.corpus is not None:
            store.save(self.fuzzing.corpus, found)
        steps = [[step.function_id, step.data, step.times] for step in found.steps]
        self.config.stash[JOURNAL].add(
            "finding",
            mistake=found.kind.value,
            function_id=found.suspicion.function_id,
            expected=found.suspicion.expected,
            seen=found.suspicion.seen,
            steps=steps,
        )

    def _again(self, found: Defect) -> str:
        """The command that reproduces a finding, with its invocations in a file if it is long."""
        worker = self.judgement.settings.subject.text
        command = progress.command(found.steps, worker)
        if len(command) <= progress.LONGEST:
            return command
        report = resolving.report_folder(self.config)
        folder = self.fuzzing.corpus or (report and report / "findings")
        file = store.save_calls(folder or Path(gettempdir()) / "iii-conformance", found)
        return progress.file_command(file, worker)

    def _follow(self, campaign: Campaign, trial: Trial[CampaignReport]) -> None:
        """Show the progress until the campaign is over: in place on a terminal, else in lines."""
        reporter = self.config.pluginmanager.get_plugin("terminalreporter")
        capture = self.config.pluginmanager.get_plugin("capturemanager")
        if reporter is None or capture is None:
            return
        live = reporter.isatty
        began = time.monotonic()
        with capture.global_and_fixture_disabled():
            shown = 0
            while not self.judgement.done(trial, 1.0 if live else 10.0):
                text = progress.progress(campaign.report, time.monotonic() - began)
                if live:
                    reporter.rewrite(f"{text:<{shown}}")
                    shown = len(text)
                else:
                    reporter.write_line(text)
            if live and shown:
                reporter.rewrite(" " * shown)
                reporter.rewrite("")

    def _judged(self, report: CampaignReport) -> Entry:
        lines: list[str] = []
        for number, found in enumerate(report.findings, 1):
            lines += progress.describe(found, number, self._again(found))
        kinds = ", ".join(f"{count} {kind}" for kind, count in report.kinds.items())
        return self.entry(
            self._outcome(report.findings),
            f"{counted(report.invocations, 'invocation')} of "
            f"{counted(len(report.explored), 'function')}",
            progress.closing(report),
            Evidence(kinds or "nothing wrong was found", differences=tuple(lines)),
            progress.explored(report),
        )

    def _outcome(self, findings: list[Defect]) -> Outcome:
        levels = {self._level(found) for found in findings}
        if Level.MUST in levels:
            return Outcome.FAILED
        return Outcome.WARNING if levels else Outcome.PASSED

    def _level(self, found: Defect) -> Level:
        lenient = self.fuzzing.exceptions == "warn" and found.kind.name == "EXCEPTION"
        return Level.SHOULD if lenient else found.level


class Fuzz(pytest.Collector):
    """Everything that fuzzing judges."""

    def __init__(
        self,
        *,
        judgement: Judgement,
        fuzzing: Fuzzing,
        examples: Sequence[store.Counterexample],
        database: ExampleDatabase | None,
        **kw: Any,
    ) -> None:
        super().__init__(**kw)
        self.judgement = judgement
        self.fuzzing = fuzzing
        self.examples = examples
        self.database = database

    def collect(self) -> Iterable[pytest.Item]:
        """Stored counterexamples, then a campaign and a machine for each process."""
        fuzzing = self.fuzzing
        for example in self.examples:
            yield self._item(ReplayItem, f"replay-{example.name}", example=example)
        if fuzzing.campaigns:
            for number in range(fuzzing.shares):
                name = "payloads" if fuzzing.shares == 1 else f"payloads-{number + 1}"
                yield self._item(CampaignItem, name)
        if fuzzing.machine:
            from conformance.plugin.machine_items import MachineItem

            for number in range(fuzzing.shares):
                name = "life-cycle" if fuzzing.shares == 1 else f"life-cycle-{number + 1}"
                yield self._item(MachineItem, name)

    def _item(self, kind: type[FuzzItem], name: str, **more: Any) -> FuzzItem:
        return kind.from_parent(
            self,
            name=name,
            nodeid=f"{self.nodeid}::{name}",
            judgement=self.judgement,
            fuzzing=self.fuzzing,
            database=self.database,
            **more,
        )


def collector(session: pytest.Session, judgement: Judgement) -> pytest.Collector:
    """The collector of what the settings ask of fuzzing.

    Raises:
        UsageError: the corpus or the database cannot be used.
    """
    fuzzing = judgement.settings.fuzzing
    assert fuzzing is not None
    return Fuzz.from_parent(
        session,
        name=PHASE,
        nodeid=PHASE,
        path=session.path,
        judgement=judgement,
        fuzzing=fuzzing,
        examples=store.stored(fuzzing.corpus) if fuzzing.corpus is not None else (),
        database=opened(fuzzing),
    )
