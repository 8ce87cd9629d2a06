"""The state machine as a pytest item."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from conformance.errors import Inconclusive
from conformance.fuzz.stateful.life import Life, Loop
from conformance.fuzz.stateful.machine import Lived, World, search
from conformance.judging.entry import Entry, Evidence
from conformance.plugin.fuzz_item import FuzzItem
from conformance.requirements.verdict import Outcome
from conformance.trials.baseline import Baseline
from conformance.trials.harness import Harness
from conformance.trials.outcome import InconclusiveTrial
from conformance.trials.trial import Trial, Worker

REATTACH = "REC-006"
"""The requirement that says from which protocol version on a worker reattaches."""

ROLES = ("sleep", "register", "unregister")


A_LIFE = 2.0
"""Seconds that one life takes, including the time to shorten one that breaks something."""


class MachineItem(FuzzItem):
    """Random life cycles of the worker."""

    def __init__(self, **kw: Any) -> None:
        super().__init__(**kw)
        self.seconds = self.fuzzing.machine * A_LIFE / self.fuzzing.shares

    def selection(self) -> Sequence[str]:
        """The options that repeat the same lives."""
        fuzzing = self.fuzzing
        return [f"--fuzz-stateful={fuzzing.machine}", f"--fuzz-seed={fuzzing.seed + fuzzing.share}"]

    def judge(self) -> Entry:
        """Search for the shortest life that breaks something."""
        baseline = self.judgement.baseline
        assert baseline is not None
        if not baseline.workers:
            lacking = InconclusiveTrial(
                self.name, "no worker was found in the first run: see CON-001"
            )
            return self.missed("arbitrary lives", lacking)
        loop = Loop()
        try:
            lived = self._lived(loop, baseline)
            if lived.interrupted:
                self.end_run()
            return self._judged(lived)
        except Inconclusive as reason:
            return self.missed("arbitrary lives", InconclusiveTrial(self.name, str(reason)))
        finally:
            loop.close()

    def _lived(self, loop: Loop, baseline: Baseline) -> Lived:
        settings, fuzzing = self.judgement.settings, self.fuzzing
        invoking = settings.invoking
        rule = self.judgement.catalogue[REATTACH]
        reattaches = self.judgement.protocol.knows(rule.since, rule.until)

        def start() -> Life:
            life = Life(loop, settings, baseline, reattaches=reattaches)
            try:
                return life.start()
            except BaseException:
                life.stop()
                raise

        played = self.judgement.outcome(SAMPLES)
        players = {role: invoking.player(role) for role in ROLES}
        world = World(
            start,
            () if isinstance(played, InconclusiveTrial) else tuple(played.result),
            {
                role: player
                for role, player in players.items()
                if player in baseline.functions and invoking.obstacle(player) is None
            },
        )
        return search(
            world,
            examples=max(1, fuzzing.machine // fuzzing.shares),
            number=fuzzing.seed + fuzzing.share,
            database=self.database,
        )

    def _judged(self, lived: Lived) -> Entry:
        lives = f"{lived.examples} lives, {lived.done} steps"
        if lived.interrupted:
            lives += ", interrupted"
        if lived.wrong is None:
            text = f"life cycle: {lives} (seed {self.fuzzing.seed}): nothing was broken"
            return self.entry(Outcome.PASSED, lives, text, Evidence(text), notes=())
        wrong = lived.wrong
        steps = [f"    {number}. {step}" for number, step in enumerate(lived.steps, 1)]
        lines = [f"  the shortest life that breaks it, of {lives}:", *steps]
        lines += [f"  expected: {wrong.expected}", f"  seen:     {wrong.seen}"]
        lines += [f"  output:   {line[:160]}" for line in lived.log[-5:]]
        text = f"life cycle: {lives} (seed {self.fuzzing.seed}): {wrong.seen}"
        evidence = Evidence(wrong.seen, expected=wrong.expected, differences=tuple(lines))
        return self.entry(Outcome.FAILED, lives, text, evidence, notes=())


async def _samples(harness: Harness) -> list[tuple[str, object]]:
    return harness.invoker.samples()


SAMPLES = Trial("functions with data for them", Worker.SHARED, _samples)
"""The functions that may be invoked, with data for them."""
