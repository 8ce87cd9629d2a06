"""The pytest plugin: hooks only.

Without ``--worker-cmd`` it declares its options and does nothing else: it collects nothing,
changes nothing and imports nothing of the suite.
"""

from __future__ import annotations

import pytest

from conformance.plugin import options


def pytest_addoption(parser: pytest.Parser) -> None:
    """Declare the options of the suite."""
    options.add(parser)


def pytest_configure(config: pytest.Config) -> None:
    """Take over the run where a worker is to be judged.

    Raises:
        pytest.UsageError: an option has a value that cannot be used.
    """
    if options.is_active(config):
        from conformance.plugin.run import JudgingPlugin

        config.pluginmanager.register(JudgingPlugin(config), "iii-conformance-judging")
