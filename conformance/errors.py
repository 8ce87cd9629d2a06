"""What can stop the suite: a mistake of the user, or a stimulus that could not be applied.

A worker's faults are no exceptions: they are findings.
"""

from __future__ import annotations


class UsageError(Exception):
    """What the user gave cannot be used; the message says what to give instead."""


class Inconclusive(Exception):  # noqa: N818 - nobody's error: a stimulus could not be applied
    """A trial could not reach its point; the message says what was missing."""


class WorkerMissing(Inconclusive):
    """The worker was gone, or deaf, or not what it was at first, when a trial needed it.

    That is the worker's doing: the requirement to stay alive and connected (RDY-001) is broken.
    """


class Unsuitable(Inconclusive):
    """The worker has not registered what a trial takes, so that the trial says nothing about it."""
