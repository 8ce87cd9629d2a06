"""Known failures: how their list is read, and what they cover."""

from __future__ import annotations

from pathlib import Path

import pytest

from conformance.errors import UsageError
from conformance.requirements import known
from conformance.requirements.catalogue import load
from conformance.requirements.known import KnownFailure


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


@pytest.mark.parametrize(
    ("pinned", "seen", "covered"),
    [
        (None, "anything", True),
        ("no answer", "no answer", True),
        ("no answer", "the wrong answer", False),
        ("gaps of 0.71 s, 3 times", "gaps of 1 s, 12 times", True),
        (
            "twice for 0b7e1a52-0000-4000-8000-00000000000a",
            "twice for 5b0d5b2e-1111-4111-8111-0000000000B1",
            True,
        ),
    ],
)
def test_pinned_evidence(pinned: str | None, seen: str, covered: bool) -> None:
    assert KnownFailure("X", "why", evidence=pinned).covers(seen) is covered


def test_entries_of_other_platforms_are_left_aside(tmp_path: Path) -> None:
    file = tmp_path / "known.yaml"
    file.write_text(
        "known-failures:\n"
        "  - {id: SHD-002, reason: on a Mac, platforms: [darwin]}\n"
        "  - {id: SHD-002, reason: on Linux, platforms: [linux]}\n"
        "flaky:\n  - {id: REC-010, reason: now and then}\n"
    )

    found = known.load(file, load(), "linux")

    assert found == {
        "SHD-002": KnownFailure("SHD-002", "on Linux"),
        "REC-010": KnownFailure("REC-010", "now and then", tries=known.TRIES),
    }
