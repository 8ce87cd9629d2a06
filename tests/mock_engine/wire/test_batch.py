"""Turns, and the writers that hold bytes until the end of a turn."""

from __future__ import annotations

from mock_engine.wire.batch import Batch


class Writer:
    def __init__(self) -> None:
        self.flushed = 0

    def flush(self) -> None:
        self.flushed += 1


def test_a_writer_is_flushed_once_at_the_end_of_the_turn() -> None:
    batch, writer = Batch(), Writer()
    batch.begin()
    batch.add(writer)

    assert (batch.is_open, writer.flushed) == (True, 0)
    batch.end()
    assert (batch.is_open, writer.flushed) == (False, 1)
    batch.begin()
    batch.end()
    assert writer.flushed == 1
