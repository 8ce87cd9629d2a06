"""Requirements for an engine, and single probes, as pytest items."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import pytest

from conformance.engines import entries
from conformance.engines.judgement import EngineJudgement
from conformance.engines.trials import compared
from conformance.judging.entry import Entry
from conformance.judging.interface import Session
from conformance.judging.judge import attempt
from conformance.plugin.judged_item import JudgedItem
from conformance.plugin.requirement_items import phases
from conformance.plugin.waits import show_waits

TWICE = 2


class ProbeItem(JudgedItem):
    """A probe of the user's to be judged. ``-k`` matches its name."""

    judgement: EngineJudgement

    def __init__(self, **kw: Any) -> None:
        super().__init__(**kw)
        self.trials = (self.judgement.trial(self.name),)

    def judge(self) -> Entry:
        """The verdict on the probe."""
        show_waits(self, self.judgement, self.trials, self.name)
        return self.judgement.probe_entry(self.name, self.trials[0], self.command)

    def selection(self) -> Sequence[str]:
        """The folder of the probe, and its name."""
        folder = self.judgement.settings.source.own[self.name]
        return ["--probe", str(folder), f"{entries.PROBE}::{self.name}"]


class RecordingItem(JudgedItem):
    """A probe whose answers are to be recorded."""

    judgement: EngineJudgement

    def __init__(self, **kw: Any) -> None:
        super().__init__(**kw)
        trial = self.judgement.trial(self.name)
        self.trials = tuple(attempt(trial, number + 1) for number in range(TWICE))

    def judge(self) -> Entry:
        """Record the answers, and report the outcome."""
        show_waits(self, self.judgement, self.trials, self.name)
        return self.judgement.record(self.name, self.trials, self.command)

    def selection(self) -> Sequence[str]:
        """The folder of the recordings, and the name of this one."""
        return [f"--record={self.judgement.settings.record}", f"{entries.RECORDED}::{self.name}"]


class Probes(pytest.Collector):
    """Probes that are judged, or recorded."""

    def __init__(self, *, judgement: EngineJudgement, names: Sequence[str], **kw: Any) -> None:
        super().__init__(**kw)
        self.judgement = judgement
        self.names = names

    def collect(self) -> Iterable[pytest.Item]:
        """One item each."""
        kind: type[JudgedItem] = ProbeItem if self.name == entries.PROBE else RecordingItem
        for name in self.names:
            yield kind.from_parent(
                self, name=name, nodeid=f"{self.nodeid}::{name}", judgement=self.judgement
            )


def collectors(session: pytest.Session, judgement: Session) -> Sequence[pytest.Collector]:
    """Collectors of everything that the options ask to be judged, or recorded."""
    assert isinstance(judgement, EngineJudgement)
    chosen = judgement.settings
    own = sorted(chosen.source.own)
    if chosen.record is not None:
        return [_probes(session, judgement, entries.RECORDED, sorted({*compared(), *own}))]
    found: list[pytest.Collector] = []
    if chosen.requirements or not own:
        found += phases(session, judgement.catalogue, judgement, chosen.requirements)
    if own:
        found.append(_probes(session, judgement, entries.PROBE, own))
    return found


def _probes(
    session: pytest.Session, judgement: EngineJudgement, kind: str, names: Sequence[str]
) -> Probes:
    return Probes.from_parent(
        session, name=kind, nodeid=kind, path=session.path, judgement=judgement, names=names
    )
