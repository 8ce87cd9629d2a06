"""The page of the protocol's versions agrees with the data."""

from __future__ import annotations

from pathlib import Path

import pytest

from conformance.__main__ import main
from conformance.report.versions import CAME, WENT, collected, page
from conformance.requirements.catalogue import load
from mock_engine.versions import FEATURES, FIELDS, MESSAGES

ROOT = Path(__file__).parents[3]


def test_every_change_stands_in_its_version() -> None:
    changes = collected(load())

    told = [text for each in changes.values() for texts in each.values() for text in texts]
    fields = [each for known in FIELDS.values() for each in known.values()]
    bounds = sum(
        (each.since is not None) + (each.until is not None)
        for each in (*MESSAGES.values(), *FEATURES.values(), *fields)
    )
    assert len(told) > bounds
    assert "message `observe` (worker → engine)" in changes["0.25"][CAME]
    assert "message `registertrigger` (worker → engine)" in changes["0.25"][WENT]
    assert "feature `observe.v2`" in changes["0.26"][CAME]
    assert any("REC-030" in text for text in changes["0.26"][CAME])


def test_the_newest_version_stands_first() -> None:
    text = page(load())

    headings = [line for line in text.splitlines() if line.startswith("## ")]
    assert headings[0] == "## 0.26"
    assert headings.index("## 0.9") > headings.index("## 0.11")


def test_the_pages_are_up_to_date(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)

    assert main(["docs", "--check"]) == 0
