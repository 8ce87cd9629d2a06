"""From the events of a conversation to a scenario.

The engine's part becomes steps that send, the worker's part steps that expect. Between two actions
of the engine, the order of what the worker sent means nothing: another run of the same worker may
choose a different one. What the worker does on its own schedule, pings and statistics, is left out.
"""

from __future__ import annotations

import signal
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from websockets.frames import Opcode

from conformance.documents.forms import UUID
from conformance.scenarios.recording import frames, lives
from conformance.scenarios.recording.generalise import Generaliser
from conformance.scenarios.recording.offwire import Exited, Lost, Signalled
from conformance.scenarios.steps import RECORDED
from conformance.trials.conversation import ANNOUNCE, Conversation, is_telemetry
from mock_engine.transcript import (
    Direction,
    Ended,
    Ending,
    Event,
    FrameSeen,
    Message,
)

OWN_CLOCK = frozenset({"localinvocationstats", "ping"})
"""Messages that a worker sends on its own schedule, not because of anything."""

LONG_ENOUGH = 0.1
"""Seconds without an action of the engine that become a pause before it cuts something off:
otherwise what it had just sent may never be read."""

LONGEST_PAUSE = 1.0

STARTED: Mapping[str, Any] = {"start": {"ready": False}}
"""The step that starts the worker; what the worker does then is for the steps that follow."""

Step = dict[str, Any]


@dataclass(slots=True)
class Composer:
    """Makes the steps of one conversation."""

    talk: Conversation
    steps: list[Step] = field(default_factory=list)
    invoked: dict[str, None] = field(default_factory=dict)
    left_out: int = 0
    _pending: list[Step] = field(default_factory=list)
    _general: Generaliser = field(default_factory=Generaliser)
    _early: dict[int, list[Message]] = field(default_factory=dict)
    _opened: set[int] = field(default_factory=set)
    _announced: set[int] = field(default_factory=set)
    _unanswered: set[str] = field(default_factory=set)
    _fragmented: set[int] = field(default_factory=set)
    _closing: set[int] = field(default_factory=set)
    _lost: set[str] = field(default_factory=set)
    _signalled: bool = False
    _running: bool = False
    _sent_at: float | None = None
    _lost_last: bool = False

    def add(self, event: Event) -> None:
        """Take the next event."""
        if isinstance(event, Signalled) or (
            isinstance(event, Ended) and event.ending is Ending.BY_ENGINE
        ):
            self._pause(event)
        match event:
            case Message() if event.connection in self.talk.workers and not is_telemetry(event):
                self._message(event)
            case FrameSeen(opcode=Opcode.CLOSE) if event.connection in self._opened:
                self._close(event)
            case FrameSeen(direction=Direction.FROM_WORKER):
                self._frame(event)
            case Ended() if event.connection in self._opened:
                self._ended(event)
            case Signalled(name=name):
                self._signalled = True
                self._do({"signal": name.removeprefix("SIG")})
            case Exited(code=code):
                self._exited(code)
            case Lost():
                self._lost.update(each.lower() for each in UUID.findall(event.text))
                self._lost_last = event.direction is Direction.FROM_ENGINE
                self.left_out += 1

    def finish(self) -> None:
        """Nothing more will come."""
        self._flush()

    def _do(self, step: Step) -> None:
        self._flush()
        self.steps.append(step)

    def _flush(self) -> None:
        """Write what the worker sent since the last action of the engine.

        A group skips nothing: what is expected later may come before it in another run.
        """
        pending, self._pending = self._pending, []
        if len(pending) == 1 and self._is_quiet:
            self.steps.append(pending[0])
        elif pending:
            self.steps.append({"unordered": pending})

    @property
    def _is_quiet(self) -> bool:
        """Whether no worker still has to answer something, or to register something."""
        return not self._unanswered and self._opened <= self._announced | self._closing

    def _pause(self, event: Event) -> None:
        """Add a pause if time passed since the engine sent something that got no reaction."""
        if self._sent_at is not None and not self._pending:
            gap = round(min(event.at - self._sent_at, LONGEST_PAUSE), 1)
            if gap >= LONG_ENOUGH:
                self.steps.append({"pause": gap})

    def _name(self, number: int) -> str:
        return f"c{self.talk.workers.index(number) + 1}"

    # -- messages --------------------------------------------------------------------------------

    def _message(self, message: Message) -> None:
        if self._rests_on_lost(message):
            self.left_out += 1
        elif message.direction is Direction.FROM_WORKER:
            self._said(message)
        elif message.connection in self._opened:
            self._flush()
            self._send(message)
        else:
            self._early.setdefault(message.connection, []).append(message)

    def _rests_on_lost(self, message: Message) -> bool:
        """Whether a message answers one that is not in the transcript."""
        if message.direction is Direction.FROM_ENGINE or not self.left_out:
            return False
        found = UUID.findall(message.data.decode("utf-8", "replace"))
        if message.type == "invocationresult" and found and not self._general.known(found[0]):
            return True
        return any(each.lower() in self._lost for each in found)

    def _said(self, message: Message) -> None:
        number = message.connection
        self._sent_at = None
        first = number not in self._opened
        if first:
            self._opens(number)
        if message.type in OWN_CLOCK:
            return
        whole = number not in self._fragmented
        step = {**frames.expected(message, self._general, whole=whole), "from": self._name(number)}
        body = message.json
        if first and message.type == "reattach":
            self._do({**step, "first": True})
        else:
            self._pending.append(step)
        if message.type == "invocationresult":
            self._unanswered.discard(str(body.get("invocation_id")).lower())
        elif isinstance(body, dict) and body.get("function_id") == ANNOUNCE:
            self._announced.add(number)

    def _opens(self, number: int) -> None:
        """A connection is a worker's; what the engine said on it so far was said to a worker."""
        if not self._running:
            self._do(dict(STARTED))
        self._running = True
        self._opened.add(number)
        self._do({"connects": {}, "as": self._name(number)})
        for message in self._early.pop(number, ()):
            self._send(message)

    def _send(self, message: Message) -> None:
        to = {"to": self._name(message.connection)}
        body = message.json
        self._sent_at, self._lost_last = message.at, False
        if message.type == "invokefunction":
            if isinstance(body.get("function_id"), str):
                self.invoked[body["function_id"]] = None
            if body.get("invocation_id"):
                self._unanswered.add(str(body["invocation_id"]).lower())
        self.steps.append({**frames.sent(message, self._general), **to})

    def _frame(self, frame: FrameSeen) -> None:
        """Note whether the message that this frame ends came in several frames."""
        if frame.opcode is Opcode.CONT or not frame.fin:
            self._fragmented.add(frame.connection)
        elif frame.opcode in (Opcode.TEXT, Opcode.BINARY):
            self._fragmented.discard(frame.connection)

    # -- ends ------------------------------------------------------------------------------------

    def _close(self, frame: FrameSeen) -> None:
        number = frame.connection
        if number in self._closing:
            return
        self._closing.add(number)
        if frame.direction is Direction.FROM_ENGINE:
            frame_step: Step = {"opcode": "close"}
            if frame.close_code is not None:
                frame_step["code"] = frame.close_code
            self._do({"engine-frame": frame_step, "to": self._name(number)})
        else:
            code = frame.close_code
            self._do({"leaves": {"how": "close-frame", "code": code}, "from": self._name(number)})

    def _ended(self, event: Ended) -> None:
        number = event.connection
        if number in self._closing:
            return
        self._closing.add(number)
        if event.ending is Ending.BY_ENGINE:
            how = "reset" if "reset" in event.detail.lower() else "end"
            self._do({"fault": {"do": how, "path": "/"}})
        else:
            self._do({"leaves": {}, "from": self._name(number)})

    def _exited(self, code: int | None) -> None:
        """The process ended; if it was killed, that comes before the ends of its connections."""
        self._flush()
        if self._lost_last and not self._signalled:
            code = -signal.SIGKILL  # what made it end is not in the transcript
        if code is not None and code < 0 and not self._signalled:
            forget_parting(self.steps)
            self._do({"signal": signal.Signals(-code).name.removeprefix("SIG")})
        self._do({"exit": {} if code is None else code})
        self._signalled = self._running = self._lost_last = False
        self._sent_at = None
        self._closing |= self._opened
        self._unanswered.clear()


def compose(events: Sequence[Event], *, name: str, title: str, source: str) -> Mapping[str, Any]:
    """The scenario of a conversation, as a document.

    Raises:
        ValueError: it contains no message of a worker.
    """
    talk = Conversation(events)
    if not talk.workers:
        raise ValueError("no worker speaks in this conversation, so there is nothing to replay")
    composer = Composer(talk)
    events = lives.with_exits(events)
    for event in lives.until_abandoned(events):
        composer.add(event)
    composer.finish()
    if not any(isinstance(event, Signalled) for event in lives.last(events)):
        forget_parting(composer.steps)
    registered = talk.functions()
    needed = [function_id for function_id in composer.invoked if function_id in registered]
    document: dict[str, Any] = {"scenario": 1, "name": name, "title": title, "source": source}
    document["tags"] = [RECORDED]
    if needed:
        document["needs"] = {"functions": needed}
    document["engine"] = "scripted"
    document["steps"] = composer.steps
    if composer.left_out:
        document["description"] = (
            f"{composer.left_out} frames were left out: the transcript does not hold all of them."
        )
    return document


def forget_parting(steps: list[Step]) -> None:
    """Drop the end of a worker that somebody stopped: the recording does not say how."""
    while steps and "leaves" in steps[-1]:
        steps.pop()
