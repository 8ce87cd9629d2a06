"""Arbitrary sequences of events in a worker's life: mutants are found, with the shortest one."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis.database import InMemoryExampleDatabase

from conformance.fuzz.stateful.life import Life, Loop
from conformance.fuzz.stateful.machine import Lived, World, search
from conformance.fuzz.stateful.model import Model
from conformance.settings.settings import Settings
from conformance.subject.command import Command
from conformance.trials.baseline import Baseline
from conformance.trials.probe_run import probe_run


@pytest.fixture
def loop() -> Iterator[Loop]:
    one = Loop()
    yield one
    one.close()


def lived(loop: Loop, name: str, *, examples: int = 12, number: int = 1, **more: Any) -> Lived:
    command = Command.parse(f"{sys.executable} -m tests.mutants {name}")
    settings = Settings(command, default_port=None, timeout_factor=0.5)
    baseline, samples = loop.run(_baseline(settings))

    def start() -> Life:
        life = Life(loop, settings, baseline, reattaches=True)
        try:
            return life.start()
        except BaseException:
            life.stop()
            raise

    roles = {role: f"conformance::{role}" for role in ("sleep", "register", "unregister")}
    world = World(start, tuple(samples), roles)
    return search(world, examples=examples, number=number, **more)


async def _baseline(settings: Settings) -> tuple[Baseline, list[tuple[str, Any]]]:
    harness = await probe_run(settings)
    try:
        return harness.baseline, harness.invoker.samples()
    finally:
        await harness.close()


@pytest.mark.parametrize(
    "name",
    [
        "NeverReattaches",
        "ReattachesWithAWrongToken",
        "ReattachesLast",
        "ForgetsItsTriggers",
        "RegistersAgainAndAgain",
        "AnnouncesOnlyOnce",
    ],
)
def test_a_mutant_is_found_by_one_loss(loop: Loop, name: str) -> None:
    life = lived(loop, name)

    assert life.wrong is not None
    assert len(life.steps) == 2, life.steps


@pytest.mark.parametrize(
    ("name", "steps"),
    [
        ("ReattachesToItsFirstConnection", 3),
        ("ForgetsAllAfterTheSecondReconnect", 3),
        ("ReplaysWhatItTookBack", 4),
    ],
)
def test_what_only_a_sequence_shows_is_found_by_the_shortest(
    loop: Loop, name: str, steps: int
) -> None:
    life = lived(loop, name, examples=40)

    assert life.wrong is not None
    assert len(life.steps) == steps, life.steps


def test_a_correct_worker_lives_on(loop: Loop) -> None:
    life = lived(loop, "Worker", examples=4)

    assert (life.wrong, life.steps) == (None, ())
    assert life.done >= 8


def test_the_same_seed_and_the_same_database_lead_to_the_same_life(loop: Loop) -> None:
    database = InMemoryExampleDatabase()
    first = lived(loop, "NeverReattaches", number=3, database=database)
    replayed = lived(loop, "NeverReattaches", number=4, database=database)
    again = lived(loop, "NeverReattaches", number=3)

    assert first.steps == replayed.steps == again.steps
    assert replayed.examples <= first.examples


def test_the_model_tells_what_is_wrong() -> None:
    function = ("registerfunction", '"f"')
    model = Model(declared={function: 1}, reattaches=True, announces=True)  # type: ignore[arg-type]
    greeting = {"worker_id": "w", "reattach_token": "t"}
    right = {"type": "reattach", "previous_worker_id": "w", "reattach_token": "t"}

    assert model.returned([right], [greeting]) is None
    assert model.returned([{"type": "registerfunction"}], []) is None
    assert "no reattach" in str(model.returned([{"type": "registerfunction"}], [greeting]))
    assert "after registerfunction" in str(
        model.returned([{"type": "registerfunction"}, right], [greeting])
    )
    assert "never given" in str(model.returned([{**right, "reattach_token": "x"}], [greeting]))
