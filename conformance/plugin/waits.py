"""What a run waits for, shown at the end of the line on a terminal, and taken away again."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable
from typing import Any

import pytest

from conformance.judging.interface import Session
from conformance.trials.trial import Trial

LONG = 1.0
"""Seconds of waiting before they are shown, and between two looks."""

SAVE, RESTORE, CLEAR = "\x1b7", "\x1b8", "\x1b[K"
"""What terminals do on these (ECMA-48, DEC): remember the cursor, go back to it, clear the line."""


def show_waits(
    item: pytest.Item, judgement: Session, trials: Iterable[Trial[Any]], name: str
) -> None:
    """Wait until ``trials`` are over, and show meanwhile what ``name`` waits for."""
    terminal = item.config.pluginmanager.get_plugin("terminalreporter")
    capture = item.config.pluginmanager.get_plugin("capturemanager")
    if (
        terminal is None
        or capture is None
        or not terminal.isatty
        or os.environ.get("TERM") == "dumb"
    ):
        return
    judgement.begin(trials)
    for trial in trials:
        while not judgement.done(trial, LONG):
            with capture.global_and_fixture_disabled():
                sys.stdout.write(f"{SAVE}{text(name, trial.name, judgement.waits(trial))}{RESTORE}")
                sys.stdout.flush()
    with capture.global_and_fixture_disabled():
        sys.stdout.write(CLEAR)
        sys.stdout.flush()


def text(name: str, trial: str, wait: tuple[float, float] | None) -> str:
    """What is shown: short, for the line has verdicts on it already."""
    what = trial.replace("_", " ")[:24]
    time = "" if wait is None else f", {wait[0]:.0f} s of {wait[1]:.0f}"
    return f" {name}: {what}{time}{CLEAR}"
