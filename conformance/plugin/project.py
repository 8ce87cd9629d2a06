"""A project's settings for its own tests, and how a worker is judged in spite of them.

A project's ``addopts`` may name folders, or options of plugins that are not installed here. Its
``conftest.py`` may expect items to be functions, or import what is not there. None of this is about
the worker. What can be left out is left out, with a note; for the rest the message says what to
add.
"""

from __future__ import annotations

import os
import shlex
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import pytest

LEFT_OUT = pytest.StashKey[str]()
"""The key, in the stash of pytest's configuration, of the project's options that were left out."""

WITHOUT_CONFTEST = "--noconftest leaves a project's conftest.py out"


def leave_out(config: pytest.Config, parser: pytest.Parser, arguments: list[str]) -> None:
    """Remove paths and unknown options from the part of ``arguments`` that was not typed here.

    That part comes first: what ``addopts`` of the project and the environment add.
    """
    added = arguments[: len(arguments) - len(config.invocation_params.args)]
    known, unknown = parser.parse_known_and_unknown_args(added)
    useless = Counter([*unknown, *known.file_or_dir])
    if not useless:
        return
    config.stash[LEFT_OUT] = shlex.join([*unknown, *known.file_or_dir])
    kept = []
    for argument in reversed(added):  # paths come last, if a value is spelt like one
        if useless[argument]:
            useless[argument] -= 1
        else:
            kept.append(argument)
    arguments[: len(added)] = reversed(kept)


def typed(config: pytest.Config) -> Sequence[str]:
    """The arguments of the command line that are not options: what the user names to be judged."""
    if config.args_source is not pytest.Config.ArgsSource.ARGS:
        return ()
    return [each for each in config.args if each in config.invocation_params.args]


def note(config: pytest.Config) -> str:
    """What was left out, in words; empty if nothing was."""
    options = config.stash.get(LEFT_OUT, "")
    return f"left out of this project's addopts: {options}" if options else ""


def unloaded(fault: BaseException) -> pytest.UsageError:
    """The message about a conftest of the project that cannot be imported."""
    cause = fault.__cause__ or fault
    return pytest.UsageError(
        f"this project's conftest.py cannot be loaded: {cause}\n"
        f"It is about the project's own tests; {WITHOUT_CONFTEST}."
    )


def blamed(excinfo: pytest.ExceptionInfo[BaseException]) -> str | None:
    """The conftest of the project that a fault comes from, if any."""
    paths = [Path(str(entry.path)) for entry in excinfo.traceback]
    found = next((path for path in reversed(paths) if path.name == "conftest.py"), None)
    return None if found is None else os.path.relpath(found)
