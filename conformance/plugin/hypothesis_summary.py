"""What Hypothesis's own plugin costs a run in which nobody used Hypothesis.

This module is imported by every pytest run, as ``options`` is.
"""

from __future__ import annotations

import sys

import pytest

HYPOTHESIS = "hypothesispytest"
"""The name of the plugin of Hypothesis."""


def spare_hypothesis(config: pytest.Config) -> None:
    """Take the plugin of Hypothesis out of a run that ends and did not import Hypothesis.

    It imports all of it only to find that there is nothing to sum up, which takes half a second
    of every run, and came with this package.
    """
    if "hypothesis" not in sys.modules and config.pluginmanager.has_plugin(HYPOTHESIS):
        config.pluginmanager.unregister(name=HYPOTHESIS)
