"""What a project says of its own tests, and how a worker is judged in spite of it.

A project's ``addopts`` may name folders, or options of plugins that are not installed here. Its
``conftest.py`` may expect items to be functions, or import what is not there. None of this is about
the worker. What can be left out is left out, and told; for the rest the message says what to add.
"""

from __future__ import annotations

import os
import shlex
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import pytest

LEFT_OUT = pytest.StashKey[str]()
"""What of the project's options was left out, in the stash of pytest's configuration."""

WITHOUT_CONFTEST = "--noconftest leaves a project's conftest.py out"


def leave_out(config: pytest.Config, parser: pytest.Parser, arguments: list[str]) -> None:
    """Take paths, and options that nobody knows, out of the part of ``arguments`` not typed here.

    That part comes first: what ``addopts`` of the project and the environment add.
    """
    added = arguments[: len(arguments) - len(config.invocation_params.args)]
    known, unknown = parser.parse_known_and_unknown_args(added)
    useless = Counter([*unknown, *known.file_or_dir])
    if not useless:
        return
    config.stash[LEFT_OUT] = shlex.join([*unknown, *known.file_or_dir])
    kept = []
    for argument in reversed(added):  # paths come last, where a value is spelt like one
        if useless[argument]:
            useless[argument] -= 1
        else:
            kept.append(argument)
    arguments[: len(added)] = reversed(kept)


def typed(config: pytest.Config) -> Sequence[str]:
    """The arguments of the command line that are no options: what the user names to be judged."""
    if config.args_source is not pytest.Config.ArgsSource.ARGS:
        return ()
    return [each for each in config.args if each in config.invocation_params.args]


def note(config: pytest.Config) -> str:
    """What was left out, in words; nothing if nothing was."""
    options = config.stash.get(LEFT_OUT, "")
    return f"left out of this project's addopts: {options}" if options else ""


def unloaded(fault: BaseException) -> pytest.UsageError:
    """What to tell where a conftest of the project cannot be imported."""
    cause = fault.__cause__ or fault
    return pytest.UsageError(
        f"this project's conftest.py cannot be loaded: {cause}\n"
        f"It is about the project's own tests; {WITHOUT_CONFTEST}."
    )


def blamed(excinfo: pytest.ExceptionInfo[BaseException]) -> str | None:
    """The conftest of the project that a fault comes from, if it comes from one."""
    paths = [Path(str(entry.path)) for entry in excinfo.traceback]
    found = next((path for path in reversed(paths) if path.name == "conftest.py"), None)
    return None if found is None else os.path.relpath(found)
