"""Many workers, each with some functions, and a caller that keeps calls to them in flight."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence

import msgspec
from msgspec import Raw

from benchmarks.endurance.tally import Tally
from benchmarks.peer import Peer

LOST_AFTER = 60.0
"""The time in seconds after which an answer counts as lost."""

ANNOUNCEMENT = "engine::workers::register"


class Message(msgspec.Struct):
    """The fields of a message that are read."""

    type: str
    invocation_id: str = ""
    function_id: str = ""
    data: Raw = Raw(b"null")
    result: Raw = Raw(b"null")


class Given(msgspec.Struct):
    """The data of a call."""

    number: int


class Answer(msgspec.Struct):
    """The answer of a function: its own name and the data of the call."""

    by: str
    number: int


read = msgspec.json.Decoder(Message).decode
write = msgspec.json.encode


def echo(function_id: str, data: Raw) -> object:
    """Answer with the function's name and the data of the call."""
    return Answer(function_id, msgspec.json.decode(data, type=Given).number)


class Worker:
    """A worker that serves functions with ``serve``."""

    def __init__(self, serve: Callable[[str, Raw], object] = echo) -> None:
        self._serve = serve
        self._announced: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.peer: Peer

    @classmethod
    async def join(
        cls, url: str, functions: Sequence[str], serve: Callable[[str, Raw], object] = echo
    ) -> Worker:
        """Connect, register the functions, and wait until they are registered."""
        worker = cls(serve)
        worker.peer = await Peer.connect(url, worker._heard)
        for name in functions:
            worker.peer.send(write({"type": "registerfunction", "id": name}))
        worker.peer.send(call(0, ANNOUNCEMENT, {"name": functions[0].partition("::")[0]}))
        await worker._announced
        return worker

    def _heard(self, text: bytes) -> None:
        message = read(text)
        if message.type == "invokefunction":
            ids = {"invocation_id": message.invocation_id, "function_id": message.function_id}
            result = self._serve(message.function_id, message.data)
            self.peer.send(write({"type": "invocationresult", **ids, "result": result}))
        elif message.type == "invocationresult" and not self._announced.done():
            self._announced.set_result(None)


def call(number: int, function_id: str, data: object) -> bytes:
    """The message of a call whose id is derived from its number."""
    known = f"00000000-0000-4000-8000-{number:012x}"
    ids = {"invocation_id": known, "function_id": function_id}
    return write({"type": "invokefunction", **ids, "data": data})


class Caller:
    """Keeps calls of ``functions`` in flight, in turns, while ``goes_on`` returns true."""

    def __init__(
        self, functions: Sequence[str], in_flight: int, goes_on: Callable[[int], bool]
    ) -> None:
        self._functions = functions
        self._in_flight = in_flight
        self._goes_on = goes_on
        self._made = 0
        self._waiting: dict[str, tuple[str, int, float]] = {}
        self._over: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._peer: Peer
        self.tally = Tally()

    async def run(self, url: str) -> None:
        """Make calls until ``goes_on`` is false and every answer has arrived or is lost."""
        self._peer = await Peer.connect(url, self._heard)
        for _ in range(self._in_flight):
            self._next()
        while not self._over.done():
            await asyncio.wait([self._over, self._peer.over], timeout=LOST_AFTER / 10)
            self._give_up_on_late_ones()
            if self._peer.over.done():
                self.tally.lost += len(self._waiting)
                break
        await self._peer.end()

    def _next(self) -> None:
        if not self._goes_on(self._made):
            if not self._waiting and not self._over.done():
                self._over.set_result(None)
            return
        self._made += 1
        name = self._functions[self._made % len(self._functions)]
        text = call(self._made, name, Given(self._made))
        known = f"00000000-0000-4000-8000-{self._made:012x}"
        self._waiting[known] = (name, self._made, time.perf_counter())
        self._peer.send(text)

    def _heard(self, text: bytes) -> None:
        message = read(text)
        found = self._waiting.pop(message.invocation_id, None)
        if found is None:
            return
        name, number, at = found
        expected = write(Answer(name, number))
        self.tally.add(time.perf_counter() - at, right=bytes(message.result) == expected)
        self._next()

    def _give_up_on_late_ones(self) -> None:
        now = time.perf_counter()
        late = [key for key, (_, _, at) in self._waiting.items() if now - at > LOST_AFTER]
        for key in late:
            del self._waiting[key]
            self.tally.lost += 1
            self._next()
