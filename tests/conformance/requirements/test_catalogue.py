"""The catalogue is held to its schema, and every requirement has a check or a reason."""

from __future__ import annotations

from typing import Any

import pytest
from jsonschema import Draft202012Validator

from conformance import checks, documents
from conformance.requirements.catalogue import SCHEMA, CatalogueError, build, load
from conformance.trials.trial import CHECKS

assert checks.MODULES  # importing the modules registers their checks


def document(*entries: dict[str, Any]) -> tuple[str, Any]:
    return "test.yaml", {"phase": "test", "title": "Test", "requirements": list(entries)}


ENTRY = {
    "id": "TST-001",
    "level": "MUST",
    "sentence": "A worker must be tested.",
    "source": "here",
    "method": "black-box",
}


VALIDATOR = Draft202012Validator(documents.schema(SCHEMA))


@pytest.mark.parametrize(
    ("entries", "complaint"),
    [
        ([ENTRY | {"level": "must"}], "level"),
        ([ENTRY | {"id": "T1"}], "id"),
        ([ENTRY | {"sentence": "It works."}], "sentence"),
        ([ENTRY | {"method": "untestable"}], "reason"),
        ([ENTRY, ENTRY], "stands twice"),
        ([ENTRY | {"needs": ["TST-009"]}], "TST-009, which does not exist"),
        ([ENTRY | {"lvl": 1}], "lvl"),
    ],
)
def test_a_bad_catalogue_is_refused(entries: list[dict[str, Any]], complaint: str) -> None:
    with pytest.raises(CatalogueError, match=complaint):
        build([document(*entries)], VALIDATOR)


def test_every_requirement_has_a_check_or_a_reason_and_every_check_a_requirement() -> None:
    catalogue = load()

    unchecked = {r.id for r in catalogue if r.id not in CHECKS and r.reason is None}
    assert unchecked == set()
    assert set(CHECKS) <= set(catalogue.requirements)
