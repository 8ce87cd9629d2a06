"""A worker's command."""

from __future__ import annotations

import pytest

from conformance.subject.command import wrapper


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("npm start", "npm"),
        ("/usr/bin/npx tsx worker.ts", "npx"),
        ("sh -c 'python worker.py'", "sh"),
        ("sh -c 'exec python worker.py'", None),
        ("node dist/worker.js", None),
        ("", None),
        ("sh -c 'unclosed", None),
    ],
)
def test_what_stands_between_is_named(text: str, expected: str | None) -> None:
    assert wrapper(text) == expected
