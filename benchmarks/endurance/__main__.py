"""The command of the package; its docstring is the help."""

from __future__ import annotations

import argparse
import sys

import benchmarks.endurance
from benchmarks.endurance import kills, load
from benchmarks.roundtrip import count


def main(arguments: list[str] | None = None) -> int:
    """Run the command; return exit code 1 when something was lost, wrong or grew."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.endurance",
        description=benchmarks.endurance.__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    commands = parser.add_subparsers(required=True)
    loading = commands.add_parser("load")
    loading.set_defaults(run=load.run)
    for name, number, what in (
        ("--workers", 1000, "workers that are connected"),
        ("--functions", 10, "functions of each worker"),
        ("--viewers", 1000, "who follow a stream"),
        ("--requests", 10_000, "HTTP requests a minute"),
        ("--in-flight", 64, "calls at a time"),
        ("--calls", 1_000_000, "calls in all"),
    ):
        loading.add_argument(name, type=count, default=number, help=f"{what} ({number:,})")
    loading.add_argument("--minutes", type=float, help="how long, instead of a number of calls")
    killing = commands.add_parser("kills")
    killing.set_defaults(run=kills.run)
    killing.add_argument("--times", type=count, default=100, help="kills (100)")
    killing.add_argument("--writes", type=count, default=300, help="writes before each (300)")
    options = parser.parse_args(arguments)
    code: int = options.run(options)
    return code


if __name__ == "__main__":
    sys.exit(main())
