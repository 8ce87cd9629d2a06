"""``judge``, ``fuzz`` and ``replay``: pytest with the suite's plugin and nothing of the project.

The settings, conftest files and plugins of the project that the worker belongs to are about that
project's tests. They are left aside here; ``pytest --worker-cmd`` is for those who want them.
"""

from __future__ import annotations

import argparse
import os
import re
import shlex
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from conformance.errors import UsageError
from conformance.plugin import declaring, options

BUDGET = re.compile(r"\d+(\.\d+)?[smh]?")
USUAL_BUDGET = "60s"
FUZZING = ("--fuzz", "--fuzz-stateful")
SPREADING = ("-n", "--numprocesses", "--dist", "--tx")
"""The options of pytest-xdist that ask for several processes."""


def declare(parser: argparse.ArgumentParser) -> None:
    """Declare ``judge``."""
    parser.usage = "%(prog)s [OPTIONS] [PHASE | PHASE::ID …] [-- COMMAND …]"
    parser.description = (
        "Start the worker, put it through its life, and print a verdict on each requirement. "
        "The worker's command stands last, after `--`; without one, conformance.yaml names it."
    )
    _declare(parser)
    parser.set_defaults(run=lambda chosen: judge(chosen.words))


def declare_fuzz(parser: argparse.ArgumentParser) -> None:
    """Declare ``fuzz``."""
    parser.usage = "%(prog)s [BUDGET] [OPTIONS] [-- COMMAND …]"
    parser.description = (
        f"Invoke the worker's functions with generated data. BUDGET is a time, such as 60s or 5m "
        f"(default: {USUAL_BUDGET}), or a number of invocations, such as 10000."
    )
    _declare(parser)
    parser.set_defaults(run=lambda chosen: judge(fuzzing(chosen.words)))


def declare_replay(parser: argparse.ArgumentParser) -> None:
    """Declare ``replay``."""
    parser.usage = "%(prog)s SCENARIO [OPTIONS] [-- COMMAND …]"
    parser.description = (
        "Play a scenario at a worker. SCENARIO is a file, a folder, or `shipped` for those that "
        "come with the suite."
    )
    _declare(parser)
    parser.set_defaults(run=lambda chosen: judge(replaying(chosen.words)))


def judge(words: Sequence[str]) -> int:
    """Run pytest with these options; the worker's command may follow after ``--``."""
    import pytest

    os.environ["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"
    for name in ("PYTEST_ADDOPTS", "PYTEST_PLUGINS"):
        os.environ.pop(name, None)
    return int(pytest.main([*isolation(words), *arguments(words)]))


def arguments(words: Sequence[str]) -> list[str]:
    """The arguments for pytest: the options, with the worker's command as one of them."""
    before, command = _split(words)
    if command:
        before.append(f"--worker-cmd={shlex.join(command)}")
    return ["--conformance", *before]


def isolation(words: Sequence[str]) -> list[str]:
    """The options that keep the project's own pytest settings out."""
    plugins = ["iii-conformance"]
    if any(word.startswith(SPREADING) for word in _split(words)[0]):
        plugins.append("xdist")
    own = [word for name in (*plugins, "no:cacheprovider") for word in ("-p", name)]
    alone = ["--noconftest", "--no-header"]
    return ["-c", str(options.ISOLATED), f"--rootdir={Path.cwd()}", *alone, *own]


def fuzzing(words: Sequence[str]) -> list[str]:
    """The words of ``judge`` with the same meaning as these of ``fuzz``."""
    if words and BUDGET.fullmatch(words[0]):
        return [f"--fuzz={words[0]}", *words[1:]]
    if any(word.partition("=")[0] in FUZZING for word in _split(words)[0]):
        return list(words)
    return [f"--fuzz={USUAL_BUDGET}", *words]


def replaying(words: Sequence[str]) -> list[str]:
    """The words of ``judge`` with the same meaning as these of ``replay``.

    Raises:
        UsageError: no scenario is named.
    """
    if not words or words[0].startswith("-"):
        raise UsageError("name the scenario first: a file, a folder, or `shipped`")
    return [f"--scenario={words[0]}", *words[1:]]


def _split(words: Sequence[str]) -> tuple[list[str], list[str]]:
    """The words before ``--``, and the worker's command after it."""
    if "--" not in words:
        return list(words), []
    place = list(words).index("--")
    return list(words[:place]), list(words[place + 1 :])


def _declare(parser: argparse.ArgumentParser) -> None:
    """Declare the plugin's options, for help and completion."""
    declaring.add(_Groups(parser))
    parser.epilog = "All options of pytest can be used as well, such as -k, -x, -v and --junitxml."


class _Groups:
    """An argument parser with the interface of pytest's."""

    def __init__(self, parser: argparse.ArgumentParser) -> None:
        self._parser = parser

    def getgroup(self, name: str, description: str = "") -> _Group:
        return _Group(self._parser.add_argument_group(description or name))


class _Group:
    def __init__(self, group: Any) -> None:
        self._group = group

    def addoption(self, *names: str, **attributes: Any) -> None:
        self._group.add_argument(*names, **attributes)
