"""What all tests have in common."""

from __future__ import annotations


def pytest_collection() -> None:
    """Give properties no deadline, for a busy machine must not fail one.

    This is not called in a run that judges a worker. Such a run loads this file, too, and has no
    use for Hypothesis, whose import takes as long as that of all the suite.
    """
    from hypothesis import settings

    settings.register_profile("unhurried", deadline=None)
    settings.load_profile("unhurried")
