"""Which suspicions become findings: those that were reproduced, once for each cause."""

from __future__ import annotations

import pytest

from conformance.fuzz.campaign.defect import Defect, ReplayStep
from conformance.fuzz.campaign.oracles import Kind, Suspicion
from conformance.fuzz.campaign.progress import last_lines
from conformance.fuzz.plan import Plan
from tests.conformance.fuzz.campaign.campaigns import fuzz


def crash(*steps: ReplayStep, kind: Kind = Kind.CRASH) -> Defect:
    return Defect(Suspicion(kind, steps[-1].function_id, "", "", ""), steps, reproduced=True)


LEAST = ReplayStep("shop::pay", "{}")
OTHER = ReplayStep("shop::order", "null")


@pytest.mark.parametrize(
    ("wider", "explained"),
    [
        (crash(LEAST), True),
        (crash(OTHER, LEAST, OTHER), True),
        (crash(ReplayStep("shop::pay", "{}", 3), OTHER), True),
        (crash(OTHER), False),
        (crash(LEAST, kind=Kind.SILENT), False),
    ],
)
def test_the_shorter_of_two_findings_explains_the_longer(wider: Defect, explained: bool) -> None:
    assert crash(LEAST).explains(wider) is explained


@pytest.mark.parametrize(
    ("kind", "proven"), [(Kind.CRASH, False), (Kind.SILENT, False), (Kind.TWICE, True)]
)
def test_what_was_seen_once_is_proven_by_a_reply_alone(kind: Kind, proven: bool) -> None:
    once = Defect(Suspicion(kind, "a::b", "", "", ""), (LEAST,), reproduced=False)

    assert once.is_proven is proven


def test_a_workers_own_lines_come_before_its_sdks() -> None:
    log = (
        "TypeError: x is null",
        "  at handler",
        "[iii] reconnecting in 1 s",
        "[iii] 2",
        "[iii] 3",
    )

    assert last_lines(log) == ["TypeError: x is null", "  at handler", "[iii] 2", "[iii] 3"]


def test_a_worker_that_crashes_is_one_finding() -> None:
    """Many other invocations are lost with each crash; none of them is the cause."""
    report = fuzz("benchmarks.planted prototype empty_name", Plan(2, count=1500), factor=0.2)

    crashes = [finding for finding in report.findings if finding.kind is Kind.CRASH]
    assert [len(finding.steps) for finding in crashes] == [1]
    assert crashes[0].reproduced
