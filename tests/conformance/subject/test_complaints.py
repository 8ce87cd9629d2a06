"""Error messages in a worker's output."""

from __future__ import annotations

import pytest

from conformance.subject.complaints import complaints

PYTHON = """\
starting
Traceback (most recent call last):
  File "worker.py", line 3, in <module>
    url = os.environ["DATABASE_URL"]
KeyError: 'DATABASE_URL'
"""
NODE = """\
/app/worker.js:4
Error: no DATABASE_URL
    at Object.<anonymous> (/app/worker.js:4:9)
"""
RUST = """\
thread 'main' panicked at src/main.rs:9:14:
no DATABASE_URL
note: run with `RUST_BACKTRACE=1`
"""
GO = "panic: no DATABASE_URL\n\ngoroutine 1 [running]:\n"
HARMLESS = "Error: 0 of 12 failed\nTraceback is off\nretrying at 12:00\n"


@pytest.mark.parametrize(
    ("output", "expected"),
    [
        (PYTHON, ["KeyError: 'DATABASE_URL'"]),
        (NODE, ["Error: no DATABASE_URL"]),
        (RUST, ["thread 'main' panicked at src/main.rs:9:14: no DATABASE_URL"]),
        (GO, ["panic: no DATABASE_URL"]),
        (HARMLESS, []),
        ("", []),
    ],
    ids=["python", "node", "rust", "go", "harmless", "silent"],
)
def test_a_failure_is_told_by_the_line_that_names_it(output: str, expected: list[str]) -> None:
    assert complaints(output.splitlines()) == expected
