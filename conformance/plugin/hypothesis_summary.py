"""Saves the time that Hypothesis's own plugin takes in a run that does not use Hypothesis.

Every pytest run imports this module, as ``options``.
"""

from __future__ import annotations

import sys

import pytest

HYPOTHESIS = "hypothesispytest"
"""The name of the plugin of Hypothesis."""


def spare_hypothesis(config: pytest.Config) -> None:
    """Remove the plugin of Hypothesis from a run that ends and did not import Hypothesis.

    It imports all of Hypothesis only to find that there is nothing to summarise. That takes half a
    second of every run, and Hypothesis was installed as a dependency of this package.
    """
    if "hypothesis" not in sys.modules and config.pluginmanager.has_plugin(HYPOTHESIS):
        config.pluginmanager.unregister(name=HYPOTHESIS)
