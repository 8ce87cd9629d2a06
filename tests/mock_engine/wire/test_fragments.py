"""Messages in several frames."""

from __future__ import annotations

import pytest
from websockets.exceptions import PayloadTooBig, ProtocolError

from mock_engine.wire.fragments import Fragments
from mock_engine.wire.frames import BINARY, CONT, TEXT, Frame


def test_a_message_is_whole_with_its_last_frame() -> None:
    fragments = Fragments(10)

    assert fragments.join(Frame(BINARY, b"a", fin=False)) is None
    assert fragments.join(Frame(CONT, b"b", fin=False)) is None
    assert fragments.join(Frame(CONT, b"c")) == (b"abc", True)
    assert fragments.join(Frame(TEXT, b"d")) == (b"d", False)


def test_a_continuation_of_nothing_breaks_the_protocol() -> None:
    with pytest.raises(ProtocolError):
        Fragments(10).join(Frame(CONT, b"a"))


def test_a_message_within_a_message_breaks_the_protocol() -> None:
    fragments = Fragments(10)
    fragments.join(Frame(TEXT, b"a", fin=False))

    with pytest.raises(ProtocolError):
        fragments.join(Frame(TEXT, b"b"))


def test_a_message_may_not_grow_beyond_its_limit() -> None:
    fragments = Fragments(3)
    fragments.join(Frame(TEXT, b"ab", fin=False))

    with pytest.raises(PayloadTooBig):
        fragments.join(Frame(CONT, b"cd"))
