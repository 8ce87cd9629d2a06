"""What can go wrong in the suite itself, by whose fault it is.

    ConformanceError
        UsageError        the command, an option or a file that the user gave cannot be used
        HarnessError      the suite or its engine failed; the worker is not to blame

A worker's faults are no exceptions: they are findings.
"""

from __future__ import annotations


class ConformanceError(Exception):
    """Anything the suite raises on purpose."""


class UsageError(ConformanceError):
    """What the user gave cannot be used; the message says what to give instead."""


class HarnessError(ConformanceError):
    """The suite failed. It is reported as an error of the run, never as a verdict."""
