"""``engine``: the mock engine on this machine, as ``python -m mock_engine``."""

from __future__ import annotations

import argparse


def declare(parser: argparse.ArgumentParser) -> None:
    """Declare the command."""
    from mock_engine.__main__ import add_options, run

    add_options(parser)
    parser.set_defaults(run=run)
