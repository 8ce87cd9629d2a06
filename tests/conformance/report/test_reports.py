"""One stream of events, and what is made of it: a document, a page, a summary, a badge."""

from __future__ import annotations

import json
from pathlib import Path
from xml.etree import ElementTree

import pytest
from jsonschema import Draft202012Validator

from conformance.documents import schema
from conformance.errors import UsageError
from conformance.judging.entry import Entry
from conformance.report import badge, html, summary
from conformance.report.console import closing, table
from conformance.report.diagram import LETTERS, label
from conformance.report.document import SCHEMA, Report, document
from conformance.report.journal import Journal, cleared, recorder
from conformance.report.reporter import Reporter
from conformance.requirements.catalogue import load
from conformance.requirements.verdict import Outcome
from conformance.trials.scheduler import RunRecord

HOSTILE = "</script><b>`|*\u0000\ud800 ```\n]]>"


def told(number: int, outcome: Outcome, kind: str = "requirement", seen: str = "that") -> Entry:
    return {
        "kind": kind,
        "id": f"CON-{number:03}",
        "phase": "connecting" if kind == "requirement" else "elsewhere",
        "level": "MUST",
        "sentence": "A worker must be told.",
        "source": "here",
        "bugs": ["somebody/something#1"],
        "protocol": "0.25",
        "outcome": outcome.value,
        "reason": f"{outcome.value}: {seen}",
        "tried": None,
        "command": f"pytest --requirement CON-{number:03}",
        "evidence": {
            "expected": "this",
            "seen": seen,
            "remedy": "try that",
            "frames": [
                {"at": 1.5, "connection": 1, "sender": "worker", "text": seen, "cited": True},
                {"at": 2.0, "connection": 1, "sender": "engine", "text": "{}", "cited": False},
                {"at": 3.0, "connection": 1, "sender": "", "text": "ended", "cited": False},
            ],
            "log": [seen],
            "runs": ["shared"],
        },
    }


def reporter(folder: Path | None, *entries: Entry) -> Reporter:
    made = Reporter(load(), folder)
    made.started({"worker": "python w.py"})
    made.subject({})
    for entry in entries:
        made.verdict(entry)
    return made


EVERY = [told(n, outcome, seen=HOSTILE) for n, outcome in enumerate(Outcome, 1)]


def report(*entries: Entry) -> Report:
    made = reporter(None, *entries)
    made.finished(1)
    return made.report


def test_a_report_keeps_to_its_schema_and_counts_everything() -> None:
    made = report(*EVERY, told(1, Outcome.PASSED, "scenario"))

    Draft202012Validator.check_schema(schema(SCHEMA))
    Draft202012Validator(schema(SCHEMA)).validate(made)
    count = made["counts"]["requirement"]
    assert count["total"] == len(load().requirements)
    assert count["unasked"] == count["total"] - len(Outcome)
    assert sum(count["outcomes"].values()) == len(Outcome)
    assert made["counts"]["scenario"]["total"] == 1


def test_a_run_that_was_cut_short_has_what_was_known() -> None:
    made = reporter(None, told(1, Outcome.FAILED)).report

    Draft202012Validator(schema(SCHEMA)).validate(made)
    assert (made["finished"], made["exit_code"]) == (None, None)
    assert "cut short" in html.page(made)
    assert document([])["verdicts"] == []


def test_the_stream_is_written_as_it_comes(tmp_path: Path) -> None:
    made = reporter(tmp_path / "new", told(1, Outcome.FAILED, seen=HOSTILE))

    lines = (tmp_path / "new" / "events.ndjson").read_text("utf-8").splitlines()
    kinds = [json.loads(line)["event"] for line in lines]
    assert kinds == ["started", "subject", "verdict"]
    assert document(map(json.loads, lines))["counts"] == made.report["counts"]


def test_every_form_is_written_and_old_recordings_go(tmp_path: Path) -> None:
    old = tmp_path / "transcripts" / "old.ndjson"
    old.parent.mkdir()
    old.write_text("{}")
    reporter(tmp_path)
    assert old.exists() is True  # not known to be ours
    cleared(tmp_path)
    assert old.exists() is False

    made = reporter(tmp_path, *EVERY)
    made.recorded([RunRecord("gw0/shared", ("{}", "{}"), ("a line \ud800",))])
    made.error("connecting::CON-001", "Traceback")
    made.finished(1)

    files = {p.relative_to(tmp_path).as_posix() for p in tmp_path.rglob("*") if p.is_file()}
    assert files == {
        "report.json",
        "report.html",
        "summary.md",
        "badge.svg",
        "events.ndjson",
        "transcripts/gw0/shared.ndjson",
        "logs/gw0/shared.log",
    }
    kept = json.loads((tmp_path / "report.json").read_text("utf-8"))
    Draft202012Validator(schema(SCHEMA)).validate(kept)
    assert kept["errors"] == [{"id": "connecting::CON-001", "text": "Traceback"}]


def test_a_folder_that_cannot_be_is_told(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_text("")

    with pytest.raises(UsageError, match="--conformance-report"):
        recorder(file / "folder")


def test_no_text_of_a_worker_becomes_markup() -> None:
    made = report(*EVERY)

    page, text = html.page(made), summary.page(made)

    assert "<b>" not in page
    assert "\0" not in page
    assert page.count("</script>") == 1
    assert "http" not in page.replace("http://www.w3.org", "")
    assert not [line for line in text.splitlines() if line.startswith("<b>") or "| <b>" in line]
    for outcome in Outcome:
        assert outcome.value in page


def test_the_diagram_marks_what_the_verdict_rests_on() -> None:
    page = html.page(report(told(1, Outcome.FAILED)))

    assert page.count('class="event cited"') == 1
    assert page.count('class="event"') == 2


@pytest.mark.parametrize(
    ("outcomes", "words"),
    [
        ([], "not judged"),
        ([Outcome.PASSED], "partial: 1/"),
    ],
)
def test_a_badge_does_not_boast(outcomes: list[Outcome], words: str) -> None:
    made = report(*(told(n, outcome) for n, outcome in enumerate(outcomes)))

    ElementTree.fromstring(badge.image(made))
    assert badge.told(made)[0].startswith(words)


@pytest.mark.parametrize(
    ("first", "words"),
    [
        (Outcome.PASSED, "{n}/{n}"),
        (Outcome.FAILED, "{m}/{n}, 1 failed"),
        (Outcome.KNOWN_FAILURE, "{m}/{n}, 1 known"),
        (Outcome.WARNING, "{m}/{n}"),
        (Outcome.NOT_APPLICABLE, "{m}/{m}"),
    ],
)
def test_a_badge_tells_of_a_whole_run(first: Outcome, words: str) -> None:
    total = len(load().requirements)
    rest = [told(n, Outcome.PASSED) for n in range(1, total)]

    made = report(told(0, first), *rest)

    assert badge.told(made)[0] == words.format(n=total, m=total - 1)


def test_the_table_heads_phases_it_does_not_know_and_errors_are_counted() -> None:
    made = reporter(None, told(2, Outcome.PASSED, "scenario"), told(1, Outcome.PASSED))
    made.error("x", "y")

    assert [line for line, outcome in table(made.report) if outcome is None] == [
        "Connecting",
        "elsewhere",
    ]
    assert closing(made.report)[1:] == [
        "conformance: 1 judged, 1 passed, 0 warnings, 0 failed, 0 not verified, 0 not applicable, "
        "out of 1 scenarios",
        "conformance: 1 ended without a verdict: x",
    ]


def test_listeners_hear_each_event_once() -> None:
    heard: list[str] = []
    journal = Journal(lambda: "now")
    journal.listeners.append(lambda event: heard.append(event["event"]))

    journal.tell("started", x=1)

    assert heard == ["started"]
    assert journal.events == [{"event": "started", "at": "now", "x": 1}]


@pytest.mark.parametrize(
    ("text", "short"),
    [
        (
            '{"type":"invocationresult","function_id":"a::b","result":{"x":1}}',
            'a::b result {"x": 1}',
        ),
        ('{"data":{},"id":"a::b","type":"registerfunction"}', "registerfunction a::b data {}"),
        ('{"no":"type"}', '{"no":"type"}'),
        ("ended:\n  reset", "ended: reset"),
        ("x" * 500, "x…"),
    ],
)
def test_a_label_says_what_a_message_is_about(text: str, short: str) -> None:
    assert label(text).endswith(short)
    assert len(label(text)) <= LETTERS
