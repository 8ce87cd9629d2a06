"""What a run is waiting for, how many verdicts it has reached, and how long it will still take.

On a terminal this is shown at the end of the line, and erased again. Elsewhere, as in CI, it is a
line now and then. With ``-q`` nothing is shown.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterable
from typing import Any

import pytest

from conformance.judging.interface import Session
from conformance.report.progress import duration, left
from conformance.trials.trial import Trial

LONG = 1.0
"""Seconds of waiting before they are shown, and between two looks."""

SELDOM = 10.0
"""Seconds between two lines where there is no terminal."""

SAVE, RESTORE, CLEAR = "\x1b7", "\x1b8", "\x1b[K"
"""Terminal controls (ECMA-48, DEC): save the cursor, restore it, clear the line."""

SHOWN = pytest.StashKey[float]()
"""When the last line was printed, by the monotonic clock."""


def show_waits(
    item: pytest.Item, judgement: Session, trials: Iterable[Trial[Any]], name: str
) -> None:
    """Wait until ``trials`` are over, and show meanwhile what ``name`` is waiting for."""
    terminal = item.config.pluginmanager.get_plugin("terminalreporter")
    capture = item.config.pluginmanager.get_plugin("capturemanager")
    if terminal is None or capture is None or terminal.verbosity < 0:
        return
    live = terminal.isatty and os.environ.get("TERM") != "dumb"
    verdicts = (item.session.items.index(item), len(item.session.items))
    judgement.begin(trials)
    for trial in trials:
        while not judgement.done(trial, LONG):
            line = text(name, trial.name, judgement.waits(trial), verdicts, _left(judgement))
            with capture.global_and_fixture_disabled():
                if live:
                    sys.stdout.write(f"{SAVE} {line}{CLEAR}{RESTORE}")
                    sys.stdout.flush()
                elif _due(item.session):
                    terminal.ensure_newline()
                    terminal.write_line(line)
    if live:
        with capture.global_and_fixture_disabled():
            sys.stdout.write(CLEAR)
            sys.stdout.flush()


def _left(judgement: Session) -> float | None:
    """The seconds that are left if the other trials take as long as the finished ones."""
    over, total, seconds = judgement.progress()
    return left(over / max(1, total), seconds)


def _due(session: pytest.Session) -> bool:
    """Whether it is time for another line."""
    now = time.monotonic()
    due = now - session.stash.setdefault(SHOWN, now) >= SELDOM
    if due:
        session.stash[SHOWN] = now
    return due


def text(
    name: str,
    trial: str,
    wait: tuple[float, float] | None,
    verdicts: tuple[int, int],
    seconds: float | None,
) -> str:
    """What is shown: short, because the line has verdicts on it already.

    ``wait`` is for how long the trial has waited and how long it may, ``verdicts`` how many were
    reached and how many there will be, and ``seconds`` how long everything will still take, if that
    is known.
    """
    what = trial.replace("_", " ")[:24]
    time_left = "" if seconds is None else f", about {duration(seconds)} left"
    waited = "" if wait is None else f", {wait[0]:.0f} s of {wait[1]:.0f}"
    return f"{verdicts[0]} of {verdicts[1]}; {name}: {what}{waited}{time_left}"
