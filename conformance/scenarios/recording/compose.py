"""From the events of a conversation to a scenario.

The engine's part becomes steps that send, the worker's part steps that expect. Between two things
that the engine did, the order of what the worker sent means nothing: another run of the same worker
may well choose another. What the worker does on its own clock, pings and statistics, is left out.
"""

from __future__ import annotations

import base64
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import yaml
from websockets.frames import Opcode

from conformance.conversation import Conversation, is_telemetry
from conformance.scenarios.document import RESOLVERS
from conformance.scenarios.patterns import UUID
from conformance.scenarios.recording.generalise import Generaliser
from mock_engine.transcript import (
    NOT_JSON,
    Direction,
    Ended,
    Ending,
    Event,
    FrameSeen,
    Message,
)

OWN_CLOCK = frozenset({"localinvocationstats", "ping"})
"""Messages that a worker sends when it is time, not because of anything."""

GREETING = "workerregistered"
LINE_ENDS = frozenset("\x85\u2028\u2029")


@dataclass(frozen=True, slots=True)
class Signalled(Event):
    """A signal was sent to the worker's process."""

    name: str = "SIGTERM"


@dataclass(frozen=True, slots=True)
class Exited(Event):
    """The worker's process ended."""

    code: int = 0


@dataclass(frozen=True, slots=True)
class Lost(Event):
    """A frame of which the transcript does not hold every byte; ``text`` is what it holds."""

    direction: Direction = Direction.FROM_ENGINE
    text: str = ""


Step = dict[str, Any]


@dataclass(slots=True)
class Composer:
    """Makes the steps of one conversation."""

    talk: Conversation
    steps: list[Step] = field(default_factory=list)
    invoked: dict[str, None] = field(default_factory=dict)
    left_out: int = 0
    _pending: list[tuple[Message, Step]] = field(default_factory=list)
    _general: Generaliser = field(default_factory=Generaliser)
    _opened: set[int] = field(default_factory=set)
    _closing: set[int] = field(default_factory=set)
    _lost: set[str] = field(default_factory=set)

    def add(self, event: Event) -> None:
        """Take the next event."""
        match event:
            case Message() if event.connection in self.talk.workers and not is_telemetry(event):
                self._message(event)
            case FrameSeen(opcode=Opcode.CLOSE) if event.connection in self._opened:
                self._close(event)
            case Ended() if event.connection in self._opened:
                self._ended(event)
            case Signalled(name=name):
                self._do({"signal": name.removeprefix("SIG")})
            case Exited(code=code):
                self._do({"exit": code})
            case Lost():
                self._lost.update(each.lower() for each in UUID.findall(event.text))
                self.left_out += 1

    def finish(self) -> None:
        """Nothing more comes."""
        self._flush()

    def _do(self, step: Step) -> None:
        self._flush()
        self.steps.append(step)

    def _flush(self) -> None:
        """Write what the worker sent since the engine last did something."""
        pending, self._pending = self._pending, []
        if len(pending) == 1:
            self.steps.append(pending[0][1])
        elif pending:
            self.steps.append({"unordered": [step for _, step in pending]})

    def _name(self, number: int) -> str:
        return f"c{self.talk.workers.index(number) + 1}"

    def _message(self, message: Message) -> None:
        if self._rests_on_lost(message):
            self.left_out += 1
        elif message.direction is Direction.FROM_WORKER:
            self._said(message)
        else:
            self._heard(message)

    def _rests_on_lost(self, message: Message) -> bool:
        """Whether a message answers one that the transcript does not hold."""
        if message.direction is Direction.FROM_ENGINE or not self.left_out:
            return False
        found = UUID.findall(message.data.decode("utf-8", "replace"))
        if message.type == "invocationresult" and found and not self._general.known(found[0]):
            return True
        return any(each.lower() in self._lost for each in found)

    def _said(self, message: Message) -> None:
        number = message.connection
        first = number not in self._opened
        if first:
            self._opens(number)
        if message.type in OWN_CLOCK:
            return
        if message.json is NOT_JSON:
            step: Step = {"worker": {"$absent": True}, "from": self._name(number)}
        else:
            pattern = self._general.expected(message.json)
            step = {"worker": pattern, "from": self._name(number)}
        if first and message.type == "reattach":
            self._do({**step, "first": True})
        else:
            self._pending.append((message, step))

    def _opens(self, number: int) -> None:
        self._opened.add(number)
        self._do({"connects": {}, "as": self._name(number)})
        for greeting in self.talk.messages(number, Direction.FROM_ENGINE):
            if greeting.type == GREETING:
                self._send(greeting)
                return

    def _heard(self, message: Message) -> None:
        """The engine sent something. A greeting was told already, or comes with the connection."""
        if message.connection in self._opened and message.type != GREETING:
            self._flush()
            self._send(message)

    def _send(self, message: Message) -> None:
        to = {"to": self._name(message.connection)}
        body = message.json
        if isinstance(body, dict) and not message.binary:
            if message.type == "invokefunction" and isinstance(body.get("function_id"), str):
                self.invoked[body["function_id"]] = None
            self.steps.append({"engine": self._general.sent(body), **to})
            return
        self.steps.append({"engine-frame": _frame(message), **to})

    def _close(self, frame: FrameSeen) -> None:
        number = frame.connection
        if number in self._closing:
            return
        self._closing.add(number)
        if frame.direction is Direction.FROM_ENGINE:
            told: Step = {"opcode": "close"}
            if frame.close_code is not None:
                told["code"] = frame.close_code
            self._do({"engine-frame": told, "to": self._name(number)})
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


def _frame(message: Message) -> Step:
    opcode = {"opcode": "binary"} if message.binary else {}
    try:
        return {**opcode, "text": message.data.decode()}
    except UnicodeDecodeError:
        return {**opcode, "base64": base64.b64encode(message.data).decode()}


def compose(events: Sequence[Event], *, name: str, title: str, source: str) -> Mapping[str, Any]:
    """The scenario of a conversation, as a document.

    Raises:
        ValueError: no worker speaks in it.
    """
    talk = Conversation(events)
    if not talk.workers:
        raise ValueError("no worker speaks in this conversation, so there is nothing to replay")
    composer = Composer(talk)
    for event in until_abandoned(events):
        composer.add(event)
    composer.finish()
    if not any(isinstance(event, Signalled) for event in events):
        _forget_parting(composer.steps)
    registered = talk.functions()
    needed = [function_id for function_id in composer.invoked if function_id in registered]
    document: dict[str, Any] = {"scenario": 1, "name": name, "title": title, "source": source}
    document["tags"] = ["recorded"]
    if needed:
        document["needs"] = {"functions": needed}
    document["engine"] = "scripted"
    document["steps"] = [{"start": {"ready": False}}, *composer.steps]
    if composer.left_out:
        document["description"] = (
            f"{composer.left_out} frames were left out: the transcript does not hold all of them."
        )
    return document


def _forget_parting(steps: list[Step]) -> None:
    """Drop the end of a worker that somebody stopped: how, the recording does not tell."""
    while steps and "leaves" in steps[-1]:
        steps.pop()


def until_abandoned(events: Sequence[Event]) -> Iterable[Event]:
    """The events without the end of a worker that whoever recorded killed in the end."""
    code = next((e.code for e in reversed(events) if isinstance(e, Exited)), 0)
    if code >= 0 or any(isinstance(event, Signalled) for event in events):
        return events
    last = max((e.at for e in events if isinstance(e, Message)), default=0.0)
    return [event for event in events if event.at <= last]


class _Dumper(yaml.SafeDumper):
    """Quotes what either version of YAML would not read as a text."""


def _text(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    """A text; what YAML takes for the end of a line is escaped."""
    style = '"' if LINE_ENDS.intersection(text) else None
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=style)


_Dumper.add_representer(str, _text)
for _tag, _expression, _first in RESOLVERS:
    _Dumper.add_implicit_resolver(_tag, _expression, _first)


def write(document: Mapping[str, Any]) -> str:
    """A document as YAML, a step a line where it fits."""
    head = {key: value for key, value in document.items() if key != "steps"}
    text = _dump(head, flow=False) + "steps:\n"
    for step in document["steps"]:
        lines = _dump([step], flow=None).rstrip("\n").split("\n")
        text += "".join(f"  {line}\n" for line in lines)
    return text


def _dump(value: Any, *, flow: bool | None) -> str:
    """YAML; with ``flow`` ``None`` what has no parts with parts of their own is on one line."""
    return yaml.dump(
        value,
        Dumper=_Dumper,
        sort_keys=False,
        allow_unicode=True,
        default_flow_style=flow,
        width=110,
    )
