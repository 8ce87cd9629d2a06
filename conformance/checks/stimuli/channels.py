"""A channel that a worker writes to."""

from __future__ import annotations

import base64
from dataclasses import dataclass

from conformance.trials.harness import Harness
from conformance.trials.invoker import Invocation
from conformance.trials.trial import Worker, trial
from mock_engine.modules.channel import WRITE, Part

CHUNK = 64 * 1024
"""Bytes of the largest piece of data in the official SDKs."""


PARTS: tuple[Part, ...] = (
    (True, bytes(range(256))),
    (False, "first: grüße".encode()),
    (True, b"\x00\xff" * (3 * CHUNK // 2 + 17)),
    (False, b'{"type":"second"}'),
    (True, b"the end"),
)
"""What is written and read: data with every byte value, in several pieces, and messages between
them."""


@dataclass(frozen=True, slots=True)
class ChannelOutput:
    """What came through a channel that the worker was to write to, and whether it ended."""

    invocation: Invocation
    parts: tuple[Part, ...]
    ended: bool


@trial(Worker.SHARED)
async def written_to_a_channel(harness: Harness) -> ChannelOutput:
    """Make the worker write data and messages to a channel, and read its other end."""
    role = harness.invoker.role("write")
    channel = harness.engine.channels.create()
    parts: list[Part] = []
    channel.read(lambda binary, data: parts.append((binary, data)), harness.notify)
    parts_to_write = [
        {"base64": base64.b64encode(data).decode()} if binary else {"text": data.decode()}
        for binary, data in PARTS
    ]
    invocation = harness.invoker.invoke(
        role, {"channel": channel.end(WRITE), "parts": parts_to_write}
    )
    await harness.until(
        lambda: (
            (channel.finished and harness.invoker.replies(invocation)) or not harness.worker.running
        ),
        harness.pace.handler,
    )
    harness.engine.channels.forget(channel)
    return ChannelOutput(invocation, tuple(parts), channel.finished)
