"""The pages of a matrix, as text; ``tests/browser`` looks at them in a browser."""

from __future__ import annotations

from pathlib import Path
from xml.etree import ElementTree

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


def test_a_requirement_is_told_by_one_that_keeps_it_and_one_that_does_not() -> None:
    page = site.page(MADE, CATALOGUE["CON-001"], CATALOGUE)

    assert page.index("<h3>one") < page.index("<h3>two")


def test_junit_counts_what_failed() -> None:
    suites = ElementTree.fromstring(site.junit(MADE).encode())

    assert [(s.get("name"), s.get("failures")) for s in suites] == [("one", "0"), ("two", "1")]
    assert len(suites.findall(".//failure")) == 1
