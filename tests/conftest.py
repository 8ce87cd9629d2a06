"""Settings for all tests."""

from __future__ import annotations


def pytest_collection() -> None:
    """Give properties no deadline, because a busy machine must not fail one.

    This is not called in a run that judges a worker. Such a run loads this file, too, but does not
    need Hypothesis, whose import takes as long as that of the whole suite.
    """
    from hypothesis import settings

    settings.register_profile("unhurried", deadline=None)
    settings.load_profile("unhurried")
