"""The report as one HTML page that needs nothing from anywhere."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from importlib import resources

from conformance.judging.entry import REQUIREMENT, Entry
from conformance.judging.frames import lines
from conformance.report.console import MARKS, closing
from conformance.report.diagram import diagram
from conformance.report.document import Report
from conformance.report.elements import Element, element, written
from conformance.report.subject import about
from conformance.requirements.verdict import Outcome


def page(report: Report) -> str:
    """The page. It is read without JavaScript, too; only the filter takes it."""
    worker = report.worker
    head = element(
        "head",
        element("meta", charset="utf-8"),
        element("meta", name="viewport", content="width=device-width, initial-scale=1"),
        element("title", f"Conformance of {worker}"),
        element("style", _asset("report.css")),
    )
    body = element("body", *_heading(report, worker), _filter(report))
    phase = None
    for entry in report.verdicts:
        if entry.phase != phase:
            phase = entry.phase
            body.append(element("h2", report.title(phase)))
        body.append(_verdict(entry))
    for error in report.errors:
        body.append(element("h2", f"Without a verdict: {error.id}"))
        body.append(element("pre", error.text))
    body.append(_versions(report))
    body.append(element("script", _asset("report.js")))
    return "<!doctype html>\n" + written(element("html", head, body, lang="en"))


def _asset(name: str) -> str:
    return (resources.files("conformance.report") / name).read_text("utf-8")


def _heading(report: Report, worker: str) -> Iterator[Element]:
    yield element("h1", "Conformance")
    yield element("p", element("code", worker))
    for line in about(report.subject):
        yield element("p", line)
    for line in closing(report):
        yield element("p", element("strong", line))
    if report.finished is None:
        yield element(
            "p", "The run was cut short: this is what was known until then.", class_="cut"
        )


def _filter(report: Report) -> Element:
    """A button an outcome that occurs, and a search field; both need JavaScript."""
    box = element("div", id="filter", hidden="")
    search = {"type": "search", "placeholder": "id or words", "aria-label": "search"}
    box.append(element("input", None, id="search", **search))
    for outcome in Outcome:
        number = sum(entry.outcome is outcome for entry in report.verdicts)
        if number:
            label = f"{MARKS[outcome][0]} {number}"
            kind = f"mark {_class(outcome)}"
            box.append(element("button", label, class_=kind, value=outcome.value, type="button"))
    return box


def _verdict(entry: Entry) -> Element:
    outcome = entry.outcome
    summary = element(
        "summary",
        element("span", MARKS[outcome][0], class_=f"mark {_class(outcome)}"),
        element("code", entry.id),
        element("span", entry.level.value, class_="level"),
        element("span", entry.sentence, class_="sentence"),
    )
    if outcome is not Outcome.PASSED:
        summary.append(element("span", entry.reason, class_="reason"))
    box = element("details", summary, *_account(entry), id=entry.id, data_outcome=outcome.value)
    if outcome in (Outcome.FAILED, Outcome.FIXED):
        box.set("open", "")
    return box


def _account(entry: Entry) -> Iterator[Element]:
    evidence = entry.evidence
    facts = {
        "source": entry.source,
        "expected": evidence.expected,
        "seen": evidence.seen,
        "next": evidence.remedy,
        "known as": ", ".join(entry.bugs),
        "protocol": entry.protocol if entry.kind == REQUIREMENT else "",
    }
    listed = element("dl")
    for name, text in facts.items():
        if text:
            listed.append(element("dt", name))
            listed.append(element("dd", text))
    if evidence.runs:
        listed.append(element("dt", "recorded"))
        listed.append(element("dd", *_recordings(evidence.runs)))
    yield listed
    if evidence.differences:
        yield element("p", "the differences")
        yield element("pre", "\n".join(evidence.differences))
    if entry.notes:
        yield element("pre", "\n".join(entry.notes))
    if evidence.frames:
        yield diagram(evidence.frames)
        text = "\n".join(lines(evidence.frames))
        yield element("details", element("summary", "as text"), element("pre", text))
    if evidence.log:
        yield element("p", "the worker's last output")
        yield element("pre", "\n".join(evidence.log))
    if entry.command:
        yield element("p", "once more")
        yield element("pre", entry.command, class_="command")


def _recordings(runs: Sequence[str]) -> Iterator[Element | str]:
    """Links to what was recorded beside this page."""
    for run in runs:
        for path in (f"transcripts/{run}.ndjson", f"logs/{run}.log"):
            yield element("a", path, href=path)
            yield " "


def _versions(report: Report) -> Element:
    text = "\n".join(f"{name} {version}" for name, version in report.versions.items())
    times = f"began {report.started}, ended {report.finished or 'never'}"
    return element("footer", element("p", times), element("pre", text))


def _class(outcome: Outcome) -> str:
    return outcome.value.replace(" ", "-")
