"""Channels: what a worker writes to one, and what it reads from one."""

from __future__ import annotations

import base64
import itertools
import re
from collections.abc import Iterator
from urllib.parse import parse_qsl

from conformance.checks.stimuli.always import always
from conformance.checks.stimuli.answers import about, described
from conformance.checks.stimuli.channels import CHUNK, PARTS, ChannelOutput, written_to_a_channel
from conformance.requirements.verdict import Finding, broken, inconclusive, kept, not_applicable
from conformance.trials.harness import Harness
from conformance.trials.invoker import Invocation
from conformance.trials.trial import Record, Worker, check, trial
from mock_engine.modules.channel import READ, Part
from mock_engine.rendering import as_json


@always("CHN-001", "ends of channels", not_applicable("it opened no channel"))
def opens_channels_by_their_key(record: Record[object]) -> Iterator[Finding | None]:
    """The engine refuses to open the end of a channel without a key or a direction."""
    for event in record.talk.channel_requests:
        given = dict(parse_qsl(event.request.query))
        right = "key" in given and given.get("dir") in ("read", "write")
        yield (
            None
            if right
            else broken(
                expected="/ws/channels/ID?key=…&dir=read or dir=write",
                seen=re.sub(r"(channels/|key=)[^?&]+", r"\1…", event.request.target),
                events=(event,),
                remedy="Take channel_id, access_key and direction from the reference.",
            )
        )


@check("CHN-002", written_to_a_channel)
def writes_all_before_it_closes(record: Record[ChannelOutput]) -> Finding:
    """A reader takes the close for the end, and loses whatever was not sent before it."""
    written = record.result
    fault = _difference(written.parts)
    if fault is None and written.ended:
        return kept(f"{len(PARTS)} parts came in order, then the close")
    answers = record.talk.answers(written.invocation.id)
    if not written.parts and answers and answers[0].json.get("error") is not None:
        fault = described(answers[0])
    return broken(
        expected="data as binary messages and messages as text, all of it, in order, and the "
        "close after it",
        seen=fault or "no close",
        events=about(record, written.invocation),
        remedy="Wait until everything is sent before you close the channel, and close it.",
    )


def _joined(parts: tuple[Part, ...]) -> list[Part]:
    """The parts, with data that was split put together again: only messages have boundaries."""
    joined: list[Part] = []
    for binary, group in itertools.groupby(parts, key=lambda part: part[0]):
        pieces = [data for _, data in group]
        joined += [(True, b"".join(pieces))] if binary else [(False, data) for data in pieces]
    return joined


def _difference(parts: tuple[Part, ...]) -> str | None:
    """What is wrong with what was written, in words."""
    seen = [part for part in _joined(parts) if part[1] or not part[0]]
    for number, (wanted, got) in enumerate(zip(PARTS, seen, strict=False), 1):
        if wanted != got:
            return f"{_named(got)} instead of {_named(wanted)} as part {number}"
    if len(seen) < len(PARTS):
        return f"{len(seen)} of {len(PARTS)} parts"
    return f"{_named(seen[len(PARTS)])} beyond all parts" if len(seen) > len(PARTS) else None


def _named(part: Part) -> str:
    binary, data = part
    return f"{len(data)} bytes of data" if binary else f"the message {as_json(data[:40].decode())}"


@check("CHN-004", written_to_a_channel)
def writes_in_pieces(record: Record[ChannelOutput]) -> Finding:
    """Every program on the way has to hold a whole piece in memory."""
    sizes = [len(data) for binary, data in record.result.parts if binary]
    if not sizes:
        return inconclusive("it wrote no data: see CHN-002")
    if max(sizes) <= CHUNK:
        return kept(f"the largest piece of data had {max(sizes)} bytes")
    return broken(
        expected=f"data in messages of {CHUNK} bytes at most",
        seen=f"one of {max(sizes)} bytes",
        events=about(record, record.result.invocation),
        remedy="Cut data into pieces of 64 KiB.",
    )


@trial(Worker.SHARED)
async def read_from_a_channel(harness: Harness) -> Invocation:
    """Make the worker read a channel that holds half of it at first and is closed with the rest."""
    role = harness.invoker.role("read")
    channel = harness.engine.channels.create()
    half = len(PARTS) // 2
    for part in PARTS[:half]:
        channel.write(*part)
    invocation = harness.invoker.invoke(role, {"channel": channel.end(READ)})
    await harness.until(
        lambda: channel.deliver is not None or harness.invoker.replies(invocation),
        harness.pace.handler,
    )
    for part in PARTS[half:]:
        channel.write(*part)
    channel.finish()
    await harness.invoker.reply(invocation, harness.pace.handler)
    harness.engine.channels.forget(channel)
    return invocation


@check("CHN-003", read_from_a_channel)
def reads_to_the_end(record: Record[Invocation]) -> Finding:
    """A reader that stops early works on part of the data, and nothing tells it so."""
    answers = record.talk.answers(record.result.id)
    wanted = {
        "base64": base64.b64encode(b"".join(d for binary, d in PARTS if binary)).decode(),
        "messages": [d.decode() for binary, d in PARTS if not binary],
    }
    result = answers[0].json.get("result") if answers else None
    seen = result if isinstance(result, dict) else {}
    lacking = [name for name in wanted if seen.get(name) != wanted[name]]
    if not lacking:
        return kept("it read all data and every message", answers[0])
    if not answers:
        seen_instead = "no answer"
    elif not seen:
        seen_instead = described(answers[0])
    else:
        seen_instead = " and ".join(_short(name, seen.get(name)) for name in lacking)
    return broken(
        expected="the data of the channel as `base64` and its texts as `messages`, all that was "
        "sent before the close",
        seen=seen_instead,
        events=about(record, record.result),
        remedy="Read until the channel is closed; keep binary messages and texts apart.",
    )


def _short(name: str, value: object) -> str:
    if isinstance(value, str):
        return f"`{name}` of {len(value)} characters"
    return f"`{name}` {as_json(value)}"
