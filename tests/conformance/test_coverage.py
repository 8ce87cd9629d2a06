"""The page that maps rules and bugs to requirements."""

from __future__ import annotations

import re
from pathlib import Path

from conformance.requirements.catalogue import load

PAGE = (Path(__file__).parent.parent.parent / "docs" / "coverage.md").read_text("utf-8")
RULES, BUGS = 103, 47


def numbers(section: str) -> list[int]:
    return [int(n) for n in re.findall(r"^\| (\d+) \|", section, re.MULTILINE)]


def test_every_rule_and_bug_stands_on_the_page_once() -> None:
    rules, bugs = PAGE.split("## Bugs that really happened")

    assert numbers(rules) == list(range(1, RULES + 1))
    assert numbers(bugs) == list(range(1, BUGS + 1))


def test_every_row_leads_to_requirements_that_exist() -> None:
    for row in re.findall(r"^\| \d+ .*$", PAGE, re.MULTILINE):
        named = re.findall(r"[A-Z]{3}-\d{3}", row)
        assert named, row
        assert set(named) <= set(load().requirements), row


def test_every_requirement_stands_on_the_page() -> None:
    named = set(re.findall(r"[A-Z]{3}-\d{3}", PAGE)) | {f"USE-{n:03}" for n in range(1, 10)}

    assert set(load().requirements) - named == set()
