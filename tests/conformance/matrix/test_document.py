"""A matrix as one document."""

from __future__ import annotations

import json

import pytest
from jsonschema import Draft202012Validator

from conformance.documents import schema
from conformance.errors import UsageError
from conformance.matrix.document import SCHEMA, Matrix, merge
from conformance.requirements.verdict import Outcome, broken, kept
from tests.conformance.matrix.making import column, matrix, worker

KEPT = column(kept("a word"), Outcome.PASSED, name="one")
BROKEN = column(broken(expected="a word", seen="none"), Outcome.FAILED, name="two")


def test_the_document_keeps_to_its_schema_and_is_read_back_as_it_was() -> None:
    made = matrix(KEPT, BROKEN)

    data = json.loads(json.dumps(made.data()))

    Draft202012Validator.check_schema(schema(SCHEMA))
    Draft202012Validator(schema(SCHEMA)).validate(data)
    assert Matrix.read(data) == made
    assert [w["counts"]["failed"] for w in data["workers"]] == [0, 1]


def test_matrices_of_shares_make_the_matrix_of_one_run() -> None:
    assert merge([matrix(KEPT), matrix(BROKEN)]) == matrix(KEPT, BROKEN)


def test_a_worker_is_judged_once() -> None:
    with pytest.raises(UsageError, match="one was judged in two"):
        merge([matrix(KEPT), matrix(KEPT)])


def test_the_sdk_is_that_which_the_worker_announced() -> None:
    telemetry = {"framework": "iii-py"}
    announced = [{"version": "1"}, {"version": "0.25.0", "telemetry": telemetry}]

    assert worker("one", announced=announced).sdk == "iii-py 0.25.0"
    assert worker("one", announced=[{"telemetry": None}]).sdk == ""
