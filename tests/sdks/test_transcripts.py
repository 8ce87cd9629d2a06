"""Every stored wire transcript is replayed against a worker on the SDK that was recorded."""

from __future__ import annotations

import os

import pytest

from conformance.requirements.verdict import Outcome
from tests.conformance.scenarios.playing import play_at
from tests.sdks.toolchains import built
from tests.sdks.wire.replaying import FOLDER, PROGRAMS, SILENT, Program, names, of, replay, scenario


def ready(sdk: str) -> Program:
    """A worker that is already built; only continuous integration builds it for this test."""
    program = PROGRAMS[sdk]
    if os.environ.get("CI"):
        built(program.build)
    elif not program.needed.exists():
        pytest.skip(f"{program.build.name} is not built; `python -m tests.sdks.build` does it")
    return program


def test_every_transcript_belongs_to_a_worker() -> None:
    replayed = {name for sdk in PROGRAMS for name in of(sdk)}

    assert replayed == set(names())
    assert len(replayed) + 1 == len(list(FOLDER.iterdir()))
    assert SILENT not in replayed


@pytest.mark.parametrize("sdk", PROGRAMS)
def test_a_worker_on_the_sdk_passes_what_was_recorded_of_it(sdk: str) -> None:
    ready(sdk)

    entries = replay(sdk, of(sdk))

    wrong = {n: e.reason for n, e in entries.items() if e.outcome is not Outcome.PASSED}
    assert wrong == {}


def test_a_worker_that_was_started_otherwise_does_not() -> None:
    program = ready("python-0.25.0")
    recorded = scenario("python-0.25.0-namespace", {"III_NAMESPACE": "elsewhere"})

    (entry,) = play_at(program.command, [recorded], factor=0.3).values()

    assert entry.outcome is Outcome.FAILED
    assert any("data.namespace" in line for line in entry.evidence.differences or ())
