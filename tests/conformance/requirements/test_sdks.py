"""What official SDKs are known to break."""

from __future__ import annotations

import pytest

from conformance.requirements.catalogue import load
from conformance.requirements.known import applied
from conformance.requirements.sdks import Sdk, announced, defects
from conformance.requirements.verdict import Outcome

FAILING = {
    "INV-015": {"node-0.11.6": "a code for all", "node-0.22.1": "a code for all"},
    "REC-001": {"node-0.11.6": "never comes back", "python-0.25.0": "never"},
}


@pytest.mark.parametrize(
    ("version", "broken"),
    [
        ("0.11.5", []),
        ("0.11.6", ["INV-015", "REC-001"]),
        ("0.20.0", ["INV-015", "REC-001"]),
        ("0.23.4", ["INV-015"]),
    ],
)
def test_a_version_has_the_list_of_the_newest_before_it(version: str, broken: list[str]) -> None:
    assert list(defects(Sdk("iii-node", version), FAILING)) == broken


def test_a_defect_is_told_with_where_it_is_mended() -> None:
    found = defects(Sdk("iii-node", "0.11.6"), FAILING)

    assert found["REC-001"].reason == (
        "a defect of iii-node 0.11.6, not yours; upgrade to 0.22.1, which has it mended: "
        "never comes back"
    )
    assert "upgrade" not in found["INV-015"].reason


def test_nobody_is_sent_to_a_version_that_is_not_released() -> None:
    failing = {"REC-001": {"rust-0.25.0": "never"}, "INV-015": {"rust-0.26.0-rc.4": "a code"}}

    assert "upgrade" not in defects(Sdk("iii-rust", "0.25.0"), failing)["REC-001"].reason
    assert list(defects(Sdk("iii-rust", "0.26.0-rc.4"), failing)) == ["INV-015"]


def test_what_an_sdk_is_known_to_break_may_be_kept() -> None:
    known = defects(Sdk("iii-node", "0.22.1"), FAILING)["INV-015"]

    assert applied(Outcome.FAILED, "x", known) is Outcome.KNOWN_FAILURE
    assert applied(Outcome.PASSED, "x", known) is Outcome.PASSED


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        ({"telemetry": {"framework": "iii-py"}, "version": "0.25.0"}, Sdk("iii-py", "0.25.0")),
        ({"telemetry": {"framework": "mine"}, "version": "0.25.0"}, None),
        ({"telemetry": {"framework": ["iii-py"]}, "version": "0.25.0"}, None),
        ({"version": "0.25.0"}, None),
    ],
)
def test_an_sdk_is_known_by_its_framework(data: dict[str, object], expected: Sdk | None) -> None:
    assert announced([data]) == expected


@pytest.mark.parametrize("framework", ["iii-py", "iii-node", "iii-rust"])
def test_the_shipped_lists_name_requirements(framework: str) -> None:
    found = defects(Sdk(framework, "99.0"))

    assert found
    assert set(found) <= set(load().requirements)
