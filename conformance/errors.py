"""What can go wrong in the suite by the user's fault.

A worker's faults are no exceptions: they are findings.
"""

from __future__ import annotations


class UsageError(Exception):
    """What the user gave cannot be used; the message says what to give instead."""
