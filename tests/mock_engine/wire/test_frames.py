"""The frames of the wire compared with those of a library, for any bytes in any chunks."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

from hypothesis import given
from hypothesis import strategies as st
from websockets.exceptions import PayloadTooBig, ProtocolError
from websockets.frames import Frame as LibraryFrame
from websockets.frames import Opcode
from websockets.streams import StreamReader

from mock_engine.wire.frames import TEXT, Frame, FrameReader, text_frame

LARGEST = 70_000

sizes = st.sampled_from([0, 1, 125, 126, 127, 65_535, 65_536, LARGEST, LARGEST + 1])
opcodes = st.sampled_from(list(Opcode))
valid = st.builds(
    lambda opcode, size, fin: LibraryFrame(
        opcode, b"x" * (min(size, 125) if opcode & 8 else size), fin or bool(opcode & 8)
    ).serialize(mask=True),
    opcodes,
    sizes,
    st.booleans(),
)
streams = st.lists(valid | st.binary(max_size=20), max_size=6).map(b"".join)
cuts = st.lists(st.integers(0, 200_000), max_size=6)

Seen = tuple[list[tuple[int, bytes, bool]], bool]
"""The frames that were read, and whether the bytes after them broke the protocol."""


def pieces(stream: bytes, at: Sequence[int]) -> list[bytes]:
    edges = sorted({0, len(stream), *(cut % (len(stream) + 1) for cut in at)})
    return [stream[begin:end] for begin, end in itertools.pairwise(edges)]


def read(parts: list[bytes], *, texts_first: bool = False) -> Seen:
    reader, frames = FrameReader(LARGEST), []
    try:
        for part in parts:
            texts, rest = reader.texts(part) if texts_first else ([], part)
            frames += [(int(TEXT), text, True) for text in texts]
            for frame in reader.read(rest):
                frames.append((int(frame.opcode), frame.data, frame.fin))
    except (ProtocolError, PayloadTooBig):
        return frames, True
    return frames, False


def read_by_library(stream: bytes) -> Seen:
    source, frames = StreamReader(), []
    source.feed_data(stream)
    try:
        while True:
            parsing = LibraryFrame.parse(source.read_exact, mask=True, max_size=LARGEST)
            try:
                next(parsing)
            except StopIteration as complete:
                frame = complete.value
                frames.append((int(frame.opcode), bytes(frame.data), frame.fin))
            else:
                return frames, False
    except (ProtocolError, PayloadTooBig):
        return frames, True


@given(streams, cuts)
def test_frames_are_read_as_a_library_reads_them(stream: bytes, at: list[int]) -> None:
    frames, broken = read(pieces(stream, at))
    expected, expected_broken = read_by_library(stream)

    # A broken frame may be reported before the library has seen all of it, never after.
    assert frames == expected
    assert broken >= expected_broken


@given(opcodes, sizes, st.booleans())
def test_frames_are_written_as_a_library_writes_them(opcode: Opcode, size: int, fin: bool) -> None:
    size, fin = (min(size, 125), True) if opcode & 8 else (size, fin)

    written = Frame(opcode, b"y" * size, fin).serialize()

    assert written == LibraryFrame(opcode, b"y" * size, fin).serialize(mask=False)


def test_reserved_bits_can_be_written() -> None:
    assert Frame(Opcode.TEXT, b"", reserved=4).serialize() == b"\xc1\x00"


def test_an_incomplete_frame_keeps_only_what_came() -> None:
    reader = FrameReader(1 << 24)
    whole = LibraryFrame(Opcode.BINARY, b"z" * (1 << 20)).serialize(mask=True)

    for at in range(0, len(whole) - 1, 1000):
        assert list(reader.read(whole[at : min(at + 1000, len(whole) - 1)])) == []
    (frame,) = reader.read(whole[-1:])

    assert frame.data == b"z" * (1 << 20)


text_messages = st.builds(
    lambda size: LibraryFrame(TEXT, b"x" * size).serialize(mask=True), sizes.filter(LARGEST.__ge__)
)


@given(st.lists(text_messages | valid, max_size=6).map(b"".join), cuts)
def test_texts_taken_at_once_are_the_frames_that_stand_first(stream: bytes, at: list[int]) -> None:
    parts = pieces(stream, at)

    assert read(parts, texts_first=True) == read(parts)


@given(st.binary(min_size=2, max_size=300))
def test_a_chunk_of_text_messages_leaves_no_rest(text: bytes) -> None:
    chunk = LibraryFrame(TEXT, text).serialize(mask=True)
    reader = FrameReader(1000)

    assert reader.texts(chunk * 3) == ([text] * 3, b"")
    assert reader.texts(chunk + chunk[:-1]) == ([text], chunk[:-1])
    assert reader.texts(LibraryFrame(TEXT, b"y" * 1001).serialize(mask=True))[0] == []


@given(st.binary(max_size=300))
def test_a_text_message_is_written_as_its_frame_is(text: bytes) -> None:
    assert text_frame(text) == Frame(TEXT, text).serialize()
