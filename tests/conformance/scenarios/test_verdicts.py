"""From a played scenario to a verdict."""

from __future__ import annotations

import pytest

from conformance.errors import Unsuitable
from conformance.requirements.protocol import Protocol
from conformance.requirements.verdict import Conclusion
from conformance.scenarios.reading import parse
from conformance.scenarios.verdicts import bound, finding
from conformance.trials.baseline import Baseline
from conformance.trials.outcome import InconclusiveTrial
from conformance.trials.pace import Pace

NEEDY = parse(
    "scenario: 1\nname: order\ntitle: t\n"
    "needs: {functions: [shop::order]}\nsteps: [{ready: true}]\n",
    "order.yaml",
)
PROTOCOL = Protocol("0.25", "why")


def test_a_worker_without_what_a_scenario_needs_is_unsuitable() -> None:
    with pytest.raises(Unsuitable, match="takes a worker with a function"):
        bound(NEEDY, Baseline(Pace()))


@pytest.mark.parametrize("reason", ["the wording may be any", "takes a worker with patience"])
@pytest.mark.parametrize(
    ("unsuitable", "conclusion"),
    [(True, Conclusion.NOT_APPLICABLE), (False, Conclusion.INCONCLUSIVE)],
)
def test_the_type_decides_and_not_the_wording(
    unsuitable: bool, conclusion: Conclusion, reason: str
) -> None:
    played = InconclusiveTrial("scenario", reason, unsuitable=unsuitable)

    assert finding(NEEDY, played, PROTOCOL).conclusion is conclusion
