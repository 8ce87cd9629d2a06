"""The catalogue matches its schema, and every requirement has a check or a reason."""

from __future__ import annotations

from typing import Any

import pytest
from jsonschema import Draft202012Validator

from conformance import checks, documents
from conformance.requirements.catalogue import SCHEMA, CatalogueError, build, load
from conformance.trials.trial import CHECKS

assert checks.MODULES  # importing the modules registers their checks


def document(*entries: dict[str, Any]) -> tuple[str, Any]:
    head = {"phase": "test", "title": "Test", "order": 1}
    return "test.yaml", {**head, "requirements": list(entries)}


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


def file(phase: str, order: int, entry: dict[str, Any]) -> tuple[str, Any]:
    """A catalogue file with one requirement."""
    return f"{phase}.yaml", {
        "phase": phase,
        "title": phase,
        "order": order,
        "requirements": [entry],
    }


def test_the_phases_come_in_the_order_that_their_files_name() -> None:
    later, earlier = file("a", 2, ENTRY), file("b", 1, ENTRY | {"id": "TST-002"})

    assert list(build([later, earlier], VALIDATOR).phases) == ["b", "a"]


def test_two_files_in_one_place_are_refused() -> None:
    files = [file("a", 1, ENTRY), file("b", 1, ENTRY | {"id": "TST-002"})]

    with pytest.raises(CatalogueError, match=r"b\.yaml and a\.yaml both say order: 1"):
        build(files, VALIDATOR)


def test_a_file_is_named_as_its_phase() -> None:
    with pytest.raises(CatalogueError, match=r"01-a\.yaml is of the phase a"):
        build([("01-a.yaml", file("a", 1, ENTRY)[1])], VALIDATOR)


def test_every_requirement_has_a_check_or_a_reason_and_every_check_a_requirement() -> None:
    catalogue = load()

    unchecked = {r.id for r in catalogue if r.id not in CHECKS and r.reason is None}
    assert unchecked == set()
    assert set(CHECKS) <= set(catalogue.requirements)
