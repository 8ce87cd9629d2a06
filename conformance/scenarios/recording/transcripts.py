"""Stored conversations, read line by line: this project's own NDJSON, and that of wire probes.

Our own has an ``event`` in every line (``mock_engine.transcript``). A wire probe has an ``ev``:
``tcp``, ``handshake``, ``frame`` with ``dir`` and ``op``, ``closed``, ``signal``, ``worker_exit``.
Long texts are trimmed there; one is restored if its hash confirms the result.
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import Any

from websockets.frames import Close, Opcode

from conformance.documents.nodes import DocumentError, Location
from conformance.scenarios.recording.offwire import Exited, Lost, Signalled
from conformance.trials.conversation import TELEMETRY_PREFIXES
from mock_engine.transcript import (
    Accepted,
    Answered,
    Direction,
    Ended,
    Ending,
    Event,
    FaultInjected,
    FrameSeen,
    Message,
    Request,
    Requested,
)

TRIMMED = re.compile(r"\.\.\.<(\d+) chars>\.\.\.")
NO_CODE = 1005
DATA = (Opcode.TEXT, Opcode.BINARY, Opcode.CONT)
OPCODES = {"cont": Opcode.CONT} | {opcode.name.lower(): opcode for opcode in Opcode}
SIDES = {
    "w>e": Direction.FROM_WORKER,
    "e>w": Direction.FROM_ENGINE,
    "worker": Direction.FROM_WORKER,
    "engine": Direction.FROM_ENGINE,
}

Line = Mapping[str, Any]


def read(text: str, file: str) -> list[Event]:
    """The events of a stored conversation.

    Raises:
        DocumentError: a line has neither form.
    """
    events: list[Event] = []
    closed: set[int] = set()
    fragments: dict[tuple[int, Direction], list[FrameSeen]] = {}
    for number, line in enumerate(text.split("\n"), 1):
        if not line.strip():
            continue
        try:
            found = _events(json.loads(line))
        except (ValueError, KeyError, TypeError) as fault:
            expected = "expected a line of a transcript: NDJSON of this suite, or of a wire probe"
            raise DocumentError(f"{Location(file, number)}: {expected} ({fault!r})") from None
        for each in found:
            event = _closed(each, closed)
            events.append(event)
            events += _joined(event, fragments)
    return events


def _closed(event: Event, closed: set[int]) -> Event:
    """An event; an end after the worker's own close frame is not one without a close frame."""
    if isinstance(event, FrameSeen) and event.opcode is Opcode.CLOSE:
        if event.direction is Direction.FROM_WORKER:
            closed.add(event.connection)
    elif isinstance(event, Ended) and event.ending is Ending.EOF and event.connection in closed:
        return replace(event, ending=Ending.CLOSE_FRAME)
    return event


def _events(line: Line) -> list[Event]:
    if "event" in line:
        return OWN[line["event"]](line)
    make = PROBE.get(line["ev"])
    return make(line) if make is not None else []


def _joined(
    event: Event, fragments: dict[tuple[int, Direction], list[FrameSeen]]
) -> Iterable[Message]:
    """The message that a frame completes, if it does and if every part of it is there."""
    if isinstance(event, Lost):
        fragments.pop((event.connection, event.direction), None)
    if not isinstance(event, FrameSeen) or event.opcode not in DATA:
        return ()
    key = (event.connection, event.direction)
    before = fragments.pop(key, [])
    parts = [*before, event] if event.opcode is Opcode.CONT else [event]
    if parts[0].opcode is Opcode.CONT:
        return ()  # its beginning is not in the transcript
    if not event.fin:
        fragments[key] = parts
        return ()
    data = b"".join(part.data for part in parts)
    binary = parts[0].opcode is Opcode.BINARY
    return (Message(event.at, event.connection, event.direction, binary, data),)


# -- this project's own ----------------------------------------------------------------------------


def _own_frame(line: Line) -> list[Event]:
    direction, opcode = SIDES[line["from"]], OPCODES[line["opcode"]]
    if "code" in line:
        data = _close(line["code"], line.get("reason", ""))
    elif "base64" in line:
        data = base64.b64decode(line["base64"])
    else:
        data = str(line.get("text", "")).encode("utf-8", "surrogatepass")
    return [FrameSeen(line["at"], line["connection"], direction, opcode, line["fin"], data)]


def _own_request(line: Line) -> list[Event]:
    headers = tuple((str(k), str(v)) for k, v in line["headers"])
    request = Request(line["method"], line["target"], headers)
    return [Requested(line["at"], line["connection"], request)]


OWN: Mapping[str, Callable[[Line], list[Event]]] = {
    "accepted": lambda d: [Accepted(d["at"], d["connection"], d["port"])],
    "request": _own_request,
    "answer": lambda d: [Answered(d["at"], d["connection"], d["status"])],
    "frame": _own_frame,
    "fault": lambda d: [FaultInjected(d["at"], d["connection"], d["fault"])],
    "ended": lambda d: [
        Ended(d["at"], d["connection"], Ending[d["ending"].upper()], d.get("detail", ""))
    ],
}


# -- wire probes -----------------------------------------------------------------------------------


def _tcp(line: Line) -> list[Event]:
    at, number, what = line["t"], line["conn"], line["what"]
    if what == "accepted":
        return [Accepted(at, number, 0)]
    if what.startswith("engine_sends_"):
        detail = "TCP reset" if "RST" in what else "TCP end"
        return [Ended(at, number, Ending.BY_ENGINE, detail)]
    return [Ended(at, number, Ending.EOF)] if what == "eof_from_worker" else []


def _handshake(line: Line) -> list[Event]:
    headers = tuple((str(k).lower(), str(v)) for k, v in line["headers"])
    return [Requested(line["t"], line["conn"], Request("GET", line["path"], headers))]


def _frame(line: Line) -> list[Event]:
    at, number, direction = line["t"], line["conn"], SIDES[line["dir"]]
    opcode = OPCODES[line["op"]]
    if opcode is Opcode.CLOSE:
        data: bytes | None = _close(line.get("code"), line.get("reason", ""))
    else:
        data = _data(line)
    if data is None:
        return [Lost(at, number, direction, str(line.get("text", line.get("head", ""))))]
    return [FrameSeen(at, number, direction, opcode, line["fin"], data)]


def _data(line: Line) -> bytes | None:
    """The payload of a frame; ``None`` if the transcript has only a part of it."""
    if "hex" in line and "text" not in line:
        data = bytes.fromhex(line["hex"])
        whole = len(data) == line["len"] or data.startswith(TELEMETRY_PREFIXES)
        return data if whole else None
    text = line.get("text", line.get("head", ""))
    if not line.get("trimmed"):
        data = str(text).encode("utf-8", "surrogatepass")
        whole = len(data) == line["len"] or ("head" not in line and _is_json(data))
        return data if whole else None  # of another length and not JSON: something was cut out
    return _restored(text, line["len"], line["sha256"])


def _is_json(data: bytes) -> bool:
    try:
        json.loads(data)
    except ValueError:
        return False
    return True


def _restored(text: str, length: int, sha256: str) -> bytes | None:
    """A trimmed text with its gap filled by the character before it, if its hash agrees."""
    gap = TRIMMED.search(text)
    if gap is None or gap.start() == 0:
        return None
    head, tail = text[: gap.start()].encode(), text[gap.end() :].encode()
    whole = head + text[gap.start() - 1].encode() * (length - len(head) - len(tail)) + tail
    return whole if hashlib.sha256(whole).hexdigest() == sha256 else None


def _close(code: int | None, reason: str) -> bytes:
    return b"" if code in (None, NO_CODE) else Close(code or 0, reason or "").serialize()


PROBE: Mapping[str, Callable[[Line], list[Event]]] = {
    "tcp": _tcp,
    "handshake": _handshake,
    "handshake_ok": lambda d: [Answered(d["t"], d["conn"], 101)],
    "frame": _frame,
    "signal": lambda d: [Signalled(d["t"], 0, d["sig"])],
    "worker_exit": lambda d: [Exited(d["t"], 0, d["returncode"])],
}
