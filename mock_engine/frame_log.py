"""Frames as log lines, for a person who watches a terminal."""

from __future__ import annotations

import logging

from mock_engine.rendering import line
from mock_engine.transcript import Event

log = logging.getLogger("mock_engine.frames")


def log_frames(event: Event) -> None:
    """Log an event, if there is a line for it."""
    text = line(event)
    if text is not None:
        log.info("%s", text)
