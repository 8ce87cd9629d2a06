"""The pages of a matrix, as text; ``tests/browser`` looks at them in a browser."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

from msgspec.structs import replace

from conformance.judging.frames import EvidenceFrame
from conformance.matrix import site
from conformance.requirements.verdict import Outcome, broken, kept
from tests.conformance.matrix.making import CATALOGUE, column, matrix
from tests.conformance.report.making import HOSTILE

MADE = matrix(
    column(kept("a word"), Outcome.PASSED, name="one"),
    column(broken(expected="a word", seen=HOSTILE), Outcome.FAILED, name="two"),
)


def test_every_page_is_written_and_no_text_of_a_worker_becomes_markup(tmp_path: Path) -> None:
    site.write(tmp_path, CATALOGUE, MADE)

    files = {path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*.*")}
    assert files == {
        "index.html",
        "findings.html",
        "requirements/CON-001.html",
        "matrix.json",
        "summary.md",
        "junit.xml",
        "style.css",
        "page.js",
    }
    pages = [path.read_text("utf-8") for path in tmp_path.rglob("*.html")]
    assert not [page for page in pages if "<b>`" in page or "http" in page]


def test_a_requirement_is_told_by_one_that_keeps_it_and_one_that_does_not(
    tmp_path: Path,
) -> None:
    page = site.page(MADE, CATALOGUE["CON-001"], CATALOGUE, site.Transcripts(tmp_path))

    assert page.index("<h3>one") < page.index("<h3>two")


def test_what_keeps_it_has_a_conversation_of_its_transcript(tmp_path: Path) -> None:
    message = '{"type":"ping"}'
    frame = {"event": "frame", "from": "worker", "opcode": "text", "fin": True, "text": message}
    place = tmp_path / "one" / "transcripts"
    place.mkdir(parents=True)
    (place / "own.ndjson").write_text(json.dumps({"at": 7.5, "connection": 1, **frame}) + "\n")
    cited = EvidenceFrame(1.0, 1, "worker", message, True)
    evidence: tuple[dict[str, Any], ...] = ({"runs": ("own",)}, {"frames": (cited,)})
    kept_one, broken_one = (
        replace(worker.verdicts[0], evidence=replace(worker.verdicts[0].evidence, **more))
        for worker, more in zip(MADE.workers, evidence, strict=True)
    )

    beside = site.Transcripts(tmp_path).beside("one", kept_one, broken_one)

    assert [frame.at for frame in beside.evidence.frames] == [7.5]
    assert site.Transcripts(tmp_path / "none").beside("one", kept_one, broken_one) == kept_one


def test_junit_counts_what_failed() -> None:
    suites = ElementTree.fromstring(site.junit(MADE).encode())

    assert [(s.get("name"), s.get("failures")) for s in suites] == [("one", "0"), ("two", "1")]
    assert len(suites.findall(".//failure")) == 1
