"""The options of the pytest plugin.

This module is imported by every pytest run wherever the package is installed, so it imports
nothing of the suite.
"""

from __future__ import annotations

import pytest

GROUP = "iii worker conformance"


def add(parser: pytest.Parser) -> None:
    """Declare the options; all but ``--worker-cmd`` do nothing without it."""
    group = parser.getgroup("iii-conformance", GROUP)
    group.addoption(
        "--worker-cmd",
        metavar="COMMAND",
        default=None,
        help="judge the worker that this command starts; {url}, {host} and {port} in it become "
        "the engine's address, which is also in III_URL, III_ENGINE_URL and III_WS_URL",
    )
    group.addoption(
        "--requirement",
        metavar="PATTERN",
        action="append",
        default=[],
        help="judge only requirements whose id matches, as in 'REC-*'; may be repeated",
    )
    group.addoption(
        "--timeout-factor",
        metavar="NUMBER",
        type=float,
        default=1.0,
        help="multiply every deadline, for slow machines or slow workers (default: 1)",
    )
    group.addoption(
        "--known-failures",
        metavar="FILE",
        default=None,
        help="requirements that the worker is known to break, each with a reason, as YAML",
    )
    group.addoption(
        "--engine-env",
        metavar="NAME",
        action="append",
        default=[],
        help="put the engine's address into this environment variable too; may be repeated",
    )


def is_active(config: pytest.Config) -> bool:
    """Whether the user asked to judge a worker."""
    return config.getoption("--worker-cmd", default=None) is not None
