"""What can stop the suite: a mistake of the user, or a stimulus that could not be applied.

A worker's faults are not exceptions: they are findings.
"""

from __future__ import annotations


class UsageError(Exception):
    """What the user gave cannot be used; the message says what to give instead."""


class Inconclusive(Exception):  # noqa: N818 - nobody's error: a stimulus could not be applied
    """A trial or check could not do what it is for; the message says what was missing."""


class WorkerMissing(Inconclusive):
    """The worker was gone, hung, or incomplete when a trial needed it.

    That is the worker's doing: the requirement to stay alive and connected (RDY-001) is broken.
    """


class Unsuitable(Inconclusive):
    """The worker did not register what a trial needs, so the trial says nothing about it."""
