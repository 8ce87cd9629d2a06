"""Known failures of scenarios: the same list and mechanism as for requirements."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from conformance.errors import UsageError
from conformance.judging.entry import Entry, Rate
from conformance.judging.known_update import rewrite
from conformance.requirements import known
from conformance.requirements.catalogue import load as catalogue
from conformance.requirements.known import KnownFailure
from conformance.requirements.protocol import Protocol
from conformance.requirements.verdict import Outcome
from conformance.scenarios.driver import Played
from conformance.scenarios.library import names
from conformance.scenarios.play import StepFailure
from conformance.scenarios.reading import parse
from conformance.scenarios.verdicts import verdict
from conformance.trials.baseline import Baseline
from conformance.trials.pace import Pace
from conformance.trials.trial import Record

SCENARIO = parse("scenario: 1\nname: order\ntitle: t\nsteps: [{ready: true}]\n", "order.yaml")
LISTED = KnownFailure("order", "why")


def judged(listed: KnownFailure | None, *went_through: bool) -> Entry:
    """The verdict on runs of a scenario that passed, or failed at a step."""
    failure = StepFailure(SCENARIO.steps[-1], 1, "this", "that after 1.5 s")
    played = [
        Record(
            f"t-{number}",
            Played(None if passed else failure, 1.0, {}, 2),
            (),
            Baseline(Pace()),
            run=f"t-{number}",
        )
        for number, passed in enumerate(went_through)
    ]
    return verdict(SCENARIO, played, Protocol("0.25", "why"), listed)


@pytest.mark.parametrize(
    ("listed", "passes", "outcome"),
    [
        (None, False, Outcome.FAILED),
        (LISTED, False, Outcome.KNOWN_FAILURE),
        (LISTED, True, Outcome.FIXED),
        (KnownFailure("order", "why", evidence="that after 2 s"), False, Outcome.KNOWN_FAILURE),
        (KnownFailure("order", "why", evidence="the other"), False, Outcome.FAILED),
    ],
)
def test_a_listed_scenario_is_known_or_fixed(
    listed: KnownFailure | None, passes: bool, outcome: Outcome
) -> None:
    assert judged(listed, passes).outcome is outcome


@pytest.mark.parametrize(
    ("went_through", "outcome", "rate"),
    [
        ((True, False, True), Outcome.FLAKY, Rate(3, 2)),
        ((True, True), Outcome.PASSED, Rate(2, 2)),
        ((False, False), Outcome.FAILED, Rate(2, 0)),
    ],
)
def test_what_is_flaky_is_played_several_times(
    went_through: tuple[bool, ...], outcome: Outcome, rate: Rate
) -> None:
    entry = judged(KnownFailure("order", "races", tries=len(went_through)), *went_through)

    assert (entry.outcome, entry.tried) == (outcome, rate)
    assert entry.evidence.runs == tuple(f"t-{n}" for n in range(len(went_through)))
    assert f"kept {rate.kept} of {rate.judged} times" in entry.reason


def test_the_list_is_brought_up_to_date(tmp_path: Path) -> None:
    file = tmp_path / "known.yaml"
    file.write_text("known-failures:\n  - {id: REC-010, reason: hasty}\n")

    added = rewrite(file, [judged(None, False)], strict=False)
    text = file.read_text()
    removed = rewrite(file, [judged(known.load(file, catalogue())["order"], True)], strict=False)

    assert [line.partition(";")[0] for line in added] == ["order was put on the list"]
    assert "that after 1.5 s" in text
    assert removed == ("order was taken off the list: the worker keeps it now",)
    assert list(known.load(file, catalogue())) == ["REC-010"]


@pytest.mark.parametrize(
    ("identity", "scenarios", "complaint"),
    [
        ("ordre", {"order", "close-1000"}, "there is no scenario `ordre`; did you mean `order`?"),
        (
            "close-100",
            {"close-1000"},
            "there is no scenario `close-100`; did you mean `close-1000`?",
        ),
        ("REC-999", {"order"}, "there is no requirement `REC-999`"),
        ("Order", None, "there is no requirement `Order`; `python -m conformance list`"),
    ],
)
def test_an_unknown_name_is_refused(
    identity: str, scenarios: set[str] | None, complaint: str, tmp_path: Path
) -> None:
    file = tmp_path / "known.yaml"
    file.write_text(f"known-failures:\n  - id: {identity}\n    reason: why\n")

    with pytest.raises(UsageError, match=re.escape(f"known.yaml:2:5: {complaint}")):
        known.load(file, catalogue(), scenarios=scenarios)


def test_where_no_scenario_is_played_any_name_will_do(tmp_path: Path) -> None:
    file = tmp_path / "known.yaml"
    file.write_text("known-failures:\n  - id: ordre\n    reason: why\n")

    assert set(known.load(file, catalogue())) == {"ordre"}


def test_scenarios_beside_those_that_are_played_may_be_listed(tmp_path: Path) -> None:
    head = "scenario: 1\ntitle: t\nsteps: [{ready: true}]\n"
    (tmp_path / "one.yaml").write_text(f"name: uno\n{head}")
    (tmp_path / "two.yaml").write_text(head)

    found = names([str(tmp_path / "one.yaml")])

    assert {"uno", "two", "close-1000"} <= found
    assert "three" not in found
