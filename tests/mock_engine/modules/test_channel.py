"""A channel without sockets: in whatever order its ends are taken, nothing is lost or doubled."""

from __future__ import annotations

from typing import cast

from hypothesis import given
from hypothesis import strategies as st

from mock_engine.modules.channel import Channel
from mock_engine.wire import Connection


class Writer:
    """The connection at the writing end, as far as a channel uses it."""

    def __init__(self) -> None:
        self.reading = True

    def pause_reading(self) -> None:
        self.reading = False

    def resume_reading(self) -> None:
        self.reading = True

    def cut(self) -> None:
        self.reading = False


parts = st.tuples(st.booleans(), st.binary(max_size=3))
steps = st.lists(parts | st.sampled_from(["read", "finish", "abandon"]), max_size=30)


@given(steps, st.integers(0, 4))
def test_a_reader_gets_what_was_written_once_in_order_and_one_end(
    taken: list[tuple[bool, bytes] | str], ahead: int
) -> None:
    writer, got, ends = Writer(), list[tuple[bool, bytes]](), list[bool]()
    channel = Channel("id", "key", ahead, writer=cast("Connection", writer))
    written: list[tuple[bool, bytes]] = []
    state = {"read": False, "finish": False, "abandon": False}
    for step in taken:
        if isinstance(step, tuple):
            if state["finish"] or not writer.reading:
                continue  # nobody writes after the end, and a paused writer is not read
            channel.write(*step)
            if not state["abandon"]:
                written.append(step)
        elif step == "read" and not state["read"]:
            channel.read(lambda *part: got.append(part), lambda: ends.append(True))
            state["read"] = True
        elif step == "finish" and not state["finish"]:
            channel.finish()
            state["finish"] = True
        elif step == "abandon" and state["read"] and not state["abandon"]:
            channel.abandon()
            state["abandon"] = True
        assert len(channel.waiting) <= ahead + 1
        assert got == (written if state["read"] else [])
    assert len(ends) <= 1
    if state["read"] and state["finish"] and not state["abandon"]:
        assert ends == [True]
