"""Many viewers of one stream, and the writer that changes it."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable

import msgspec
from msgspec import Raw

from benchmarks.endurance.calls import call
from benchmarks.endurance.tally import Tally
from benchmarks.peer import Peer

STREAM, GROUP, ITEM = "endurance", "group", "item"
LATEST = 60.0
"""How long after the last change it must have reached every viewer, in seconds."""


class Change(msgspec.Struct):
    """The value of the stream: its number, when it was sent, and whether it is the last."""

    number: int
    at: float
    last: bool


class Event(msgspec.Struct):
    """The fields of an event that are read."""

    type: str
    data: Raw = Raw(b"null")


class Notice(msgspec.Struct):
    """A message to a viewer."""

    event: Event


read = msgspec.json.Decoder(Notice).decode


class Viewer:
    """A viewer; ``seen`` is how many changes it got, each the one after the last."""

    def __init__(self, tally: Tally) -> None:
        self._tally = tally
        loop = asyncio.get_running_loop()
        self._synced: asyncio.Future[None] = loop.create_future()
        self.ended: asyncio.Future[None] = loop.create_future()
        self.seen = 0
        self.peer: Peer

    async def join(self, url: str) -> None:
        """Connect and subscribe."""
        self.peer = await Peer.connect(url, self._heard)
        wish = {"subscriptionId": "s", "streamName": STREAM, "groupId": GROUP}
        self.peer.send(msgspec.json.encode({"type": "join", "data": wish}))
        await self._synced

    def _heard(self, text: bytes) -> None:
        event = read(text).event
        if event.type == "sync":
            self._synced.set_result(None)
            return
        change = msgspec.json.decode(event.data, type=Change)
        self._tally.add(time.perf_counter() - change.at, right=change.number == self.seen)
        self.seen += 1
        if change.last:
            self.ended.set_result(None)


class Viewers:
    """``count`` viewers, and one change in each ``pause`` while ``goes_on`` returns true."""

    def __init__(self, count: int, pause: float, goes_on: Callable[[], bool]) -> None:
        self.tally = Tally()
        self._viewers = [Viewer(self.tally) for _ in range(count)]
        self._pause = pause
        self._goes_on = goes_on

    async def join(self, url: str) -> None:
        """Connect and subscribe all viewers."""
        for viewer in self._viewers:
            await viewer.join(url)

    async def run(self, url: str) -> None:
        """Change the stream, and count the changes that did not reach every viewer."""
        changes, goes_on = 0, True
        peer = await Peer.connect(url, lambda _: None)
        while goes_on:
            await asyncio.sleep(self._pause)
            goes_on = self._goes_on()
            where = {"stream_name": STREAM, "group_id": GROUP, "item_id": ITEM}
            change = Change(changes, time.perf_counter(), last=not goes_on)
            changes += 1
            peer.send(call(changes, "stream::set", {**where, "data": change}))
        await asyncio.wait([viewer.ended for viewer in self._viewers], timeout=LATEST)
        self.tally.lost += sum(changes - viewer.seen for viewer in self._viewers)
        await peer.end()

    async def leave(self) -> None:
        """Disconnect all viewers."""
        for viewer in self._viewers:
            await viewer.peer.end()
