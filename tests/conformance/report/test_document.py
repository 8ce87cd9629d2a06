"""The document from which every report is made."""

from __future__ import annotations

import json

from jsonschema import Draft202012Validator

from conformance.documents import schema
from conformance.judging.entry import REQUIREMENT, SCENARIO
from conformance.report.document import SCHEMA, Report, document
from conformance.requirements.catalogue import load
from conformance.requirements.verdict import Outcome
from tests.conformance.report.making import EVERY, entry, report, reporter


def test_a_report_keeps_to_its_schema_and_counts_everything() -> None:
    made = report(*EVERY, entry(1, Outcome.PASSED, SCENARIO))

    Draft202012Validator.check_schema(schema(SCHEMA))
    Draft202012Validator(schema(SCHEMA)).validate(made.data())
    count = made.counts[REQUIREMENT]
    assert count.total == len(load().requirements)
    assert count.unasked == count.total - len(Outcome)
    assert sum(count.outcomes.values()) == len(Outcome)
    assert made.counts[SCENARIO].total == 1


def test_a_report_is_read_back_as_it_was() -> None:
    made = report(*EVERY)

    assert Report.read(json.loads(json.dumps(made.data()))) == made


def test_a_run_that_was_cut_short_has_what_was_known() -> None:
    made = reporter(None, entry(1, Outcome.FAILED)).report

    Draft202012Validator(schema(SCHEMA)).validate(made.data())
    assert (made.finished, made.exit_code) == (None, None)
    assert document([]).verdicts == ()
