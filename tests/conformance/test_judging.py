"""The pure parts of the suite: catalogue, conversation, court, samples, known failures."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from conformance.errors import UsageError
from conformance.judging.judge import Judge
from conformance.report.catalogue import details, page
from conformance.requirements import known
from conformance.requirements.catalogue import (
    Catalogue,
    CatalogueError,
    Method,
    Requirement,
    build,
    load,
)
from conformance.requirements.known import KnownFailure
from conformance.requirements.protocol import Protocol, asked, spoken
from conformance.requirements.verdict import (
    Finding,
    Level,
    Outcome,
    broken,
    inconclusive,
    kept,
    not_applicable,
)
from conformance.settings.samples import sample
from conformance.trials.baseline import Baseline
from conformance.trials.conversation import Conversation
from conformance.trials.pace import Pace
from conformance.trials.scheduler import InconclusiveTrial
from conformance.trials.trial import CHECKS, Check, Record, Trial, Worker
from mock_engine.transcript import Answered, Direction, Ended, Ending, Event, Message

# -- catalogue ------------------------------------------------------------------------------------


def requirement(number: int, level: Level = Level.MUST, **more: Any) -> Requirement:
    method = more.pop("method", Method.BLACK_BOX)
    return Requirement(f"TST-{number:03}", "test", level, "A worker must.", "here", method, **more)


def document(*entries: dict[str, Any]) -> tuple[str, Any]:
    return "test.yaml", {"phase": "test", "title": "Test", "requirements": list(entries)}


ENTRY = {
    "id": "TST-001",
    "level": "MUST",
    "sentence": "A worker must be tested.",
    "source": "here",
    "method": "black-box",
}


def validator() -> Draft202012Validator:
    folder = Path(known.__file__).parent / "requirements"
    return Draft202012Validator(json.loads((folder / "catalogue.schema.json").read_text("utf-8")))


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
        build([document(*entries)], validator())


def test_every_requirement_has_a_check_or_a_reason_and_every_check_a_requirement() -> None:
    catalogue = load()

    unchecked = {r.id for r in catalogue if r.id not in CHECKS and r.reason is None}
    assert unchecked == set()
    assert set(CHECKS) <= set(catalogue.requirements)


def test_the_page_and_the_details_tell_the_source() -> None:
    first = next(iter(load()))

    assert first.source in page(load())
    assert first.source in details(first)


# -- conversation ---------------------------------------------------------------------------------


class Talk:
    """Builds events from short calls."""

    def __init__(self) -> None:
        self.events: list[Event] = []

    def open(self, number: int) -> Talk:
        self.events.append(Answered(len(self.events), number, 101))
        return self

    def says(self, number: int, message: Any, *, binary: bool = False) -> Talk:
        data = message if isinstance(message, bytes) else json.dumps(message).encode()
        at = float(len(self.events))
        self.events.append(Message(at, number, Direction.FROM_WORKER, binary, data))
        return self

    def heard(self) -> Conversation:
        return Conversation(self.events)

    def end(self, number: int) -> Talk:
        self.events.append(Ended(len(self.events), number, Ending.EOF))
        return self


def test_a_worker_is_known_by_its_first_message_and_telemetry_by_its_prefix() -> None:
    talk = Talk().open(1).open(2).open(3)
    talk.says(1, b'OTLP{"a":1}', binary=True).says(3, {"type": "registerfunction", "id": "a::b"})

    assert talk.heard().workers == [3]
    assert talk.end(3).heard().live_workers == []


def test_a_mirror_is_no_worker() -> None:
    greeting = Message(0.0, 1, Direction.FROM_ENGINE, False, b'{"type":"workerregistered"}')
    talk = Talk()
    talk.events.append(greeting)

    assert talk.says(1, greeting.json).heard().workers == []
    assert talk.says(1, {"type": "registerfunction", "id": "a::b"}).heard().workers == [1]


def test_what_is_declared_counts_each_id_once_and_forgets_what_was_taken_back() -> None:
    talk = Talk().open(1)
    for function_id in ("a::b", "a::b", "a::c"):
        talk.says(1, {"type": "registerfunction", "id": function_id})
    talk.says(1, {"type": "unregisterfunction", "id": "a::c"})

    assert talk.heard().declared([1]) == Counter({("registerfunction", '"a::b"'): 1})
    assert talk.heard().declared([1], repeats=True) == Counter({("registerfunction", '"a::b"'): 2})


def test_a_trigger_is_known_by_what_it_binds() -> None:
    bound = {"type": "registertrigger", "trigger_type": "http", "function_id": "f", "config": {}}
    talk = Talk().says(1, bound | {"id": "x"}).says(2, bound | {"id": "y"})

    first, second = talk.heard().registrations

    assert first.identity == second.identity


# -- court ----------------------------------------------------------------------------------------

TRIAL: Trial[None] = Trial("t", Worker.SHARED, lambda harness: None)  # type: ignore[arg-type, return-value]


def court(
    findings: dict[str, Finding],
    *requirements: Requirement,
    missed: str | None = None,
    listed: tuple[str, ...] = (),
) -> Judge:
    catalogue = Catalogue({"test": "Test"}, {r.id: r for r in requirements})
    checks = {
        i: Check(i, (TRIAL,), lambda record, finding=finding: finding)
        for i, finding in findings.items()
    }
    record = Record("t", None, (), Baseline(Pace()))
    outcome = InconclusiveTrial("t", missed) if missed else record
    failures = {i: KnownFailure(i, "known") for i in listed}
    return Judge(
        catalogue, checks, lambda trial: outcome, lambda: Protocol("0.22", "why"), failures
    )


BROKEN = broken(expected="this", seen="that")


@pytest.mark.parametrize(
    ("finding", "level", "outcome"),
    [
        (kept("x"), Level.MUST, Outcome.PASSED),
        (BROKEN, Level.MUST, Outcome.FAILED),
        (BROKEN, Level.SHOULD, Outcome.WARNING),
        (inconclusive("x"), Level.MUST, Outcome.NOT_VERIFIED),
        (not_applicable("x"), Level.SHOULD, Outcome.NOT_APPLICABLE),
    ],
)
def test_the_level_decides_what_a_finding_means(
    finding: Finding, level: Level, outcome: Outcome
) -> None:
    verdict = court({"TST-001": finding}, requirement(1, level)).verdict("TST-001")

    assert verdict.outcome is outcome


@pytest.mark.parametrize(
    ("first", "outcome"),
    [
        (kept("x"), Outcome.PASSED),
        (not_applicable("x"), Outcome.PASSED),
        (BROKEN, Outcome.NOT_VERIFIED),
        (inconclusive("x"), Outcome.NOT_VERIFIED),
    ],
)
def test_what_needs_a_broken_requirement_is_not_verified(first: Finding, outcome: Outcome) -> None:
    judging = court(
        {"TST-001": first, "TST-002": kept("x")}, requirement(1), requirement(2, needs=("TST-001",))
    )

    assert judging.verdict("TST-002").outcome is outcome


def test_a_known_failure_is_still_no_ground_to_stand_on() -> None:
    judging = court(
        {"TST-001": BROKEN, "TST-002": kept("x")},
        requirement(1),
        requirement(2, needs=("TST-001",)),
        listed=("TST-001",),
    )

    assert judging.verdict("TST-001").outcome is Outcome.KNOWN_FAILURE
    assert judging.verdict("TST-002").outcome is Outcome.NOT_VERIFIED


def test_a_fixed_failure_and_one_that_could_not_be_judged() -> None:
    fixed = court({"TST-001": kept("x")}, requirement(1), listed=("TST-001",))
    open_ = court({"TST-001": inconclusive("x")}, requirement(1), listed=("TST-001",))

    assert fixed.verdict("TST-001").outcome is Outcome.FIXED
    assert open_.verdict("TST-001").outcome is Outcome.NOT_VERIFIED


def test_a_trial_that_missed_its_point_leaves_its_requirement_unverified() -> None:
    verdict = court({"TST-001": kept("x")}, requirement(1), missed="no cup").verdict("TST-001")

    assert (verdict.outcome, verdict.finding.seen) == (Outcome.NOT_VERIFIED, "no cup")


def test_a_rule_of_another_version_does_not_apply() -> None:
    young = court({"TST-001": BROKEN}, requirement(1, since="0.23")).verdict("TST-001")
    old = court({"TST-001": BROKEN}, requirement(1, until="0.16")).verdict("TST-001")

    assert young.outcome is old.outcome is Outcome.NOT_APPLICABLE
    assert "why" in young.finding.seen


def test_a_requirement_without_a_check_says_why() -> None:
    untestable = requirement(1, method=Method.UNTESTABLE, reason="nobody can see it")

    assert court({}, untestable).verdict("TST-001").finding.seen == "nobody can see it"


# -- protocol versions ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("data", "version"),
    [
        ({"version": "0.22.1", "telemetry": {"framework": "iii-node"}}, "0.22.1"),
        ({"version": "0.22.1", "telemetry": {"framework": "mine"}}, "0.25"),
        ({"version": "1.0.0"}, "0.25"),
        ({"version": 5, "telemetry": None}, "0.25"),
    ],
)
def test_the_version_is_that_of_an_official_sdk(data: dict[str, Any], version: str) -> None:
    assert spoken([data]).version == version


def test_the_user_may_name_the_version() -> None:
    data = {"version": "0.25.0", "telemetry": {"framework": "iii-py"}, "features": ["a", "a", 5]}

    told = spoken([data], asked("0.11"))

    assert (told.version, told.features) == ("0.11", ("a",))
    assert "--protocol 0.11" in told.reason
    assert asked("auto") is None


@pytest.mark.parametrize("text", ["", "newest", "1.0", "0.26", "0.x", "v0.23"])
def test_a_version_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match="--protocol is"):
        asked(text)


# -- samples --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("schema", "value"),
    [
        (None, {}),
        ([{"name": "x", "type": "string"}], {}),
        ({"type": "string", "minLength": 3}, "xxx"),
        ({"type": "integer", "minimum": 7}, 7),
        ({"type": ["null", "string"]}, None),
        ({"enum": ["red", "blue"]}, "red"),
        ({"type": "object", "examples": [{"a": 1}]}, {"a": 1}),
        (
            {
                "type": "object",
                "required": ["a", "b"],
                "properties": {"a": {"$ref": "#/$defs/n"}, "b": {"type": "array"}},
                "$defs": {"n": {"type": "integer", "maximum": 0}},
            },
            {"a": 0, "b": []},
        ),
        ({"anyOf": [{"type": "boolean"}, {"type": "null"}]}, True),
        ({"$ref": "#"}, {}),
        ({"type": "string", "pattern": "^[0-9]{8}$"}, {}),
        ({"type": "objekt"}, {}),
        ({"type": "string", "pattern": "("}, {}),
        ({"type": "string", "minLength": "many"}, {}),
        ({"$ref": "https://nowhere.example/schema.json"}, {}),
        ({"$schema": 7, "type": "integer"}, {}),
    ],
)
def test_a_sample_is_valid_or_an_empty_object(schema: Any, value: Any) -> None:
    assert sample(schema) == value


# -- known failures -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("[]", "yaml:1:[0-9]+: the file: .*; expected: a list under"),
        ("known-failures: 5", "known-failures: 5 is not .*; expected: a list of entries"),
        (
            "known-failures:\n  - id: CON-001",
            "yaml:2:[0-9]+: known-failures.0: 'reason' is a required",
        ),
        ("known-failures:\n  - {id: CON-001, reason: ' '}", "expected: why it is broken"),
        ("known-failures:\n  - {id: CON-999, reason: x}", "no requirement `CON-999`; did you mean"),
        ("known-failures:\n  - {id: CON-001, reason: x, why: y}", "unknown key `why`"),
        (
            "known-failures:\n  - {id: CON-001, reason: x}\n  - {id: CON-001, reason: y}",
            "yaml:3:[0-9]+: CON-001 is listed twice",
        ),
        (
            "known-failures:\n  - {id: CON-001, reason: x}\nflaky:\n  - {id: CON-001, reason: y}",
            "yaml:4:[0-9]+: CON-001 is listed twice",
        ),
        ("flaky:\n  - {id: CON-001, reason: y, tries: 1}", "expected: how often"),
        ("a: [", "no YAML"),
    ],
)
def test_a_bad_list_of_known_failures_is_refused(tmp_path: Path, text: str, complaint: str) -> None:
    file = tmp_path / "known.yaml"
    file.write_text(text)

    with pytest.raises(UsageError, match=complaint):
        known.load(file, load())
