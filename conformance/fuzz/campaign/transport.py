"""Sends invocations to a worker and matches replies, thousands a second.

These messages are written to the connection in one piece and are not followed by the harness;
everything else that the worker does is.
"""

from __future__ import annotations

import asyncio
import json
import re
import uuid
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass, field

from websockets.frames import Frame, Opcode

from conformance.errors import Inconclusive
from conformance.fuzz.campaign.oracles import Observation
from conformance.fuzz.target import Case
from conformance.fuzz.values.strings import TAG
from conformance.trials.conversation import ANNOUNCE
from conformance.trials.harness import Harness
from conformance.trials.holding import Holder
from mock_engine.wire import Connection

REMEMBERED = 20_000
"""Answered invocations for which a second answer would be noticed."""

INVOKE = b'{"type":"invokefunction","invocation_id":"%b%012x","function_id":%b,"data":%b}'

_TAG = TAG.encode()


@dataclass(slots=True)
class Pending:
    """An invocation in flight. Times are of the loop's clock, in seconds.

    ``generation`` counts the processes of the worker before the one that it was sent to.
    """

    case: Case
    number: int
    tag: str
    sent: float
    connection: Connection | None
    generation: int = 0
    reply: bytes | None = None
    came: float = 0.0
    gap: float = 0.0
    second: bytes | None = None

    @property
    def over(self) -> bool:
        """Whether there is nothing more to wait for."""
        return self.reply is not None or self.connection is None or not self.connection.is_open


@dataclass
class Transport:
    """Sends inputs and matches the replies. It is the tap of its harness."""

    harness: Harness
    pending: dict[int, Pending] = field(default_factory=dict)
    answered: OrderedDict[int, Pending] = field(default_factory=OrderedDict)
    twice: list[Pending] = field(default_factory=list)
    sent: int = 0
    generation: int = 0

    def __post_init__(self) -> None:  # noqa: D105 - says nothing beyond the class
        self._loop = asyncio.get_running_loop()
        self._prefix = str(uuid.uuid4())[:24]
        self._mark = self._prefix.encode()
        self._id = re.compile(self._mark + rb"([0-9a-f]{12})", re.IGNORECASE)
        self._serving: dict[str, Connection] = {}
        self._last = 0.0
        self._awaited: set[int] = set()
        self.harness.let_through(self)
        self.heard = self._loop.time()
        self._lines = 0

    # -- sending ---------------------------------------------------------------------------------

    def send(self, inputs: Sequence[Case]) -> list[Pending]:
        """Send inputs, in their order, each with its tag."""
        out: list[Pending] = []
        waiting: dict[Connection, list[bytes]] = {}
        now = self._loop.time()
        for case in inputs:
            self.sent += 1
            number = self.sent
            connection = self._connection(case.function_id)
            tag = f"tag-{number:012x}" if _TAG in case.text else ""
            one = Pending(case, number, tag, now, connection, self.generation)
            out.append(one)
            if connection is None:
                continue
            data = case.text.replace(_TAG, tag.encode()) if tag else case.text
            ids = (self._mark, number, _quoted(case.function_id), data)
            frame = Frame(Opcode.TEXT, INVOKE % ids).serialize(mask=False)
            waiting.setdefault(connection, []).append(frame)
            self.pending[number] = one
        for connection, frames in waiting.items():
            connection.send_raw(b"".join(frames))
        return out

    def _connection(self, function_id: str) -> Connection | None:
        known = self._serving.get(function_id)
        if known is None or not known.is_open:
            try:
                known = self.harness.connection(self.harness.invoker.serving(function_id))
            except Inconclusive:
                return None
            self._serving[function_id] = known
        return known if known.is_open else None

    def answer_calls_with(self, answer: str) -> None:
        """Answer the worker's own calls with this from now on; without it the engine does."""
        gateway = self.harness.gateway
        if not answer:
            gateway.holder = None
            return
        body = json.loads(answer)
        gateway.holder = Holder(
            lambda call: call.get("function_id") != ANNOUNCE, lambda call: call.reply(body)
        )

    # -- hearing ---------------------------------------------------------------------------------

    def knows(self, data: bytes) -> bool:
        """As ``Tap``."""
        return self._mark in data or (b"-" in data and self._id.search(data[:4096]) is not None)

    def take(self, data: bytes) -> None:
        """As ``Tap``: match a reply with its invocation."""
        match = self._id.search(data)
        if match is None:
            return
        number = int(match[1], 16)
        now = self._loop.time()
        one = self.pending.pop(number, None)
        if one is None:
            self._again(number, data)
            return
        one.reply, one.came = data, now
        one.gap = now - max(one.sent, self._last)
        self._last = self.heard = now
        self.answered[number] = one
        if len(self.answered) > REMEMBERED:
            self.answered.popitem(last=False)
        self._awaited.discard(number)
        if not self._awaited:
            self.harness.notify()

    def _again(self, number: int, data: bytes) -> None:
        one = self.answered.get(number)
        if one is not None and one.second is None:
            one.second = data
            self.twice.append(one)

    # -- waiting ---------------------------------------------------------------------------------

    async def wait(self, sent: Sequence[Pending], seconds: float) -> bool:
        """Wait until all of these are over, the process ends, or time is up; whether all are."""

        def over() -> bool:
            self._awaited = {one.number for one in sent if not one.over}
            return not self._awaited

        await self.harness.until(
            lambda: over() or not self.harness.worker.running, seconds, patient=False
        )
        return over()

    def forget(self, one: Pending) -> None:
        """Stop expecting this one's reply; if it comes nevertheless, it is ignored."""
        self.pending.pop(one.number, None)

    def fresh_log(self) -> tuple[str, ...]:
        """The lines the worker wrote since the last call."""
        output = self.harness.worker.process.output
        lines = output.lines
        total = output.dropped + len(lines)
        fresh = min(max(0, total - self._lines), len(lines), 50)
        self._lines = total
        return tuple(line.text for line in lines[len(lines) - fresh :]) if fresh else ()

    def restarted(self, harness: Harness) -> None:
        """There is a fresh worker in this harness: nothing is expected from the old one."""
        self.harness = harness
        harness.let_through(self)
        self.generation += 1
        self.pending.clear()
        self._serving.clear()
        self._lines = 0
        self.twice.clear()

    def observation(
        self, one: Pending, log: tuple[str, ...] = (), *, deaf: bool = False
    ) -> Observation:
        """What was seen of an invocation so far."""
        exit_code = self.harness.worker.process.exit_code
        gone = one.reply is None and (one.connection is None or not one.connection.is_open)
        return Observation(
            one.case,
            one.tag,
            one.reply,
            one.number,
            one.gap,
            one.second,
            exit_code if one.reply is None else None,
            gone and exit_code is None,
            deaf,
            log,
        )


def _quoted(text: str) -> bytes:
    return json.dumps(text).encode()
