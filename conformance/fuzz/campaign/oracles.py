"""Whether the outcome of an invocation is correct.

Rules of this file:

* Pure. An *observation* is what was seen of one invocation; a *suspicion* says what is wrong with
  it, and its cause: suspicions with the same cause are the same defect.
* A correct worker is never suspected. Where the protocol leaves something to the worker (how it
  handles data that its format forbids, how a function without a format answers nonsense), there is
  no oracle.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from enum import Enum
from typing import Any

import msgspec

from conformance.fuzz.target import Case, FuzzTarget
from conformance.requirements.verdict import Level
from conformance.subject.process import describe_exit
from conformance.trials.learning.exceptions import is_exception, slipped_out, unexpected
from conformance.trials.learning.wording import normalised
from mock_engine.decoding import Undecodable, decode
from mock_engine.messages import InvocationResult


class Kind(Enum):
    """What can be wrong; the value is how reports and files write it."""

    CRASH = "the process ends"
    DEAF = "the worker goes deaf"
    DROPPED = "the connection is dropped"
    SILENT = "no reply"
    STUCK = "no reply any more"
    TWICE = "more than one reply"
    MALFORMED = "a reply that the engine cannot read"
    RESULT = "a result that its format forbids"
    CROSSED = "data of another invocation"
    EXCEPTION = "an unexpected exception"
    MISUSE = "a call that the engine cannot read"
    DESCRIPTORS = "descriptors climb"
    MEMORY = "memory climbs"

    @property
    def ends_the_worker(self) -> bool:
        """Whether a worker that shows this has to be restarted."""
        return self in (Kind.CRASH, Kind.DEAF, Kind.DROPPED)


LEVELS = {Kind.MEMORY: Level.SHOULD}
"""The kinds that are not a MUST."""

REMEDIES = {
    Kind.CRASH: "Answer with an error instead: a handler must not take its process with it.",
    Kind.DEAF: "Do not block or end the loop that reads messages, whatever a handler does.",
    Kind.DROPPED: "Answer with an error instead of closing the connection.",
    Kind.SILENT: "Answer in every case, with an error when the handler fails or panics.",
    Kind.STUCK: "Release a lock, and whatever else is held, when the handler fails, too.",
    Kind.TWICE: "Send the result in one place, after the handler has returned or failed.",
    Kind.MALFORMED: "Send an invocationresult whose texts are UTF-8 and whose numbers are finite.",
    Kind.RESULT: "Return what response_format declares, or declare what is returned.",
    Kind.CROSSED: "Keep the data of an invocation in its handler, not in a shared variable.",
    Kind.EXCEPTION: "Handle the case, or forbid it in request_format and refuse it with a reason.",
    Kind.MISUSE: "Give the engine's function the members it has; it does nothing otherwise.",
    Kind.DESCRIPTORS: "Close files and sockets when the handler is done.",
    Kind.MEMORY: "Let go of what an invocation needed; bound what is kept.",
}


@dataclass(frozen=True, slots=True)
class Observation:
    """What was seen of one invocation.

    ``number`` counts what was sent, ``tag`` is the unique text in its data, ``reply`` the message
    that answered, ``second`` a further one, ``delay`` is in seconds; ``exit_code`` is how the
    process ended meanwhile, if it did.
    """

    case: Case
    tag: str
    reply: bytes | None
    number: int = 0
    delay: float = 0.0
    second: bytes | None = None
    exit_code: int | None = None
    dropped: bool = False
    deaf: bool = False
    log: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Suspicion:
    """What seems wrong. Two with the same ``cause`` are the same defect."""

    kind: Kind
    function_id: str
    cause: str
    expected: str
    seen: str


_TAG = re.compile(rb"tag-[0-9a-f]{12}")


def judge(target: FuzzTarget, seen: Observation, *, exceptions: bool = True) -> Suspicion | None:
    """What is wrong with an observation, if anything.

    ``exceptions`` false lets unexpected exceptions on valid data pass.
    """
    ended = _ended(seen)
    if ended is not None or not seen.case.deliverable:
        return ended
    name = seen.case.function_id
    if seen.reply is None:
        cause = _last(seen.log)
        return Suspicion(Kind.SILENT, name, cause, "one reply", "none, although the worker lives")
    if seen.second is not None:
        return Suspicion(Kind.TWICE, name, "", "one reply", "two of them")
    try:
        reply = decode(seen.reply)
    except Undecodable as fault:
        what = normalised(str(fault))
        return Suspicion(Kind.MALFORMED, name, what, "an invocationresult", str(fault))
    if not isinstance(reply, InvocationResult) or reply.function_id != name:
        what = "function_id"
        text = f"function_id {getattr(reply, 'function_id', None)!r}"
        return Suspicion(Kind.MALFORMED, name, what, f"an invocationresult of {name}", text)
    if seen.case.answer:
        return None  # how it handles an odd answer to its call is up to it
    if reply.error is not None:
        error = reply.error
        return _exception(target, seen, error.message, error.stacktrace) if exceptions else None
    return _result(target, bytes(reply.result))


def _ended(seen: Observation) -> Suspicion | None:
    name = seen.case.function_id
    if seen.exit_code is not None:
        how = describe_exit(seen.exit_code)
        return Suspicion(Kind.CRASH, name, f"{how} {_last(seen.log)}", "the process lives on", how)
    if seen.dropped:
        text = "the worker ended its connection"
        return Suspicion(Kind.DROPPED, name, _last(seen.log), "the connection stays", text)
    if seen.deaf:
        text = "no invocation is answered any more, although the process lives"
        return Suspicion(Kind.DEAF, name, _last(seen.log), "the worker listens", text)
    return None


def _exception(
    target: FuzzTarget, seen: Observation, message: str, stack: str | None
) -> Suspicion | None:
    if seen.case.valid is not True or not target.says_much:
        return None
    exception = unexpected(message, stack or "") or slipped_out(stack or "")
    if exception is None:
        return None
    cause = f"{exception} {_where(stack or '') or normalised(message, seen.case.value)}"
    wanted = "a result, or an error on purpose: the data is valid for the declared request_format"
    text = f"{exception}: {message[:300]}" if exception not in message else message[:300]
    return Suspicion(Kind.EXCEPTION, target.id, cause, wanted, text)


_FRAMES = re.compile(r'File "([^"]+)", line (\d+)|\bat (?:.{0,200}?\()?([^\s()]+):(\d+)(?::\d+)?')


_LIBRARIES = re.compile(r"/lib/python3|site-packages|node:|node_modules|/rustc/|<frozen ")
"""Paths that are not the worker's own code."""


def _where(stack: str) -> str:
    """Where in the worker's own code it happened, according to a stack trace; else empty."""
    frames = list(_FRAMES.finditer(stack[:8000]))
    if not frames:
        return ""
    places = [(frame[1] or frame[3], frame[2] or frame[4]) for frame in frames]
    if frames[-1][1]:  # Python lists the innermost frame last, most others first
        places.reverse()
    own = (place for place in places if _LIBRARIES.search(place[0]) is None)
    return ":".join(next(own, places[0]))


def _result(target: FuzzTarget, result: bytes) -> Suspicion | None:
    if target.result is None:
        return None
    try:
        value = msgspec.json.decode(result or b"null")
    except msgspec.DecodeError:
        value = json.loads(result)
    fault = target.result.fault(value)
    if not fault:
        return None
    cause = re.sub(r"\d+", "#", fault.partition(":")[0])
    return Suspicion(Kind.RESULT, target.id, cause, "what response_format declares", fault[:300])


def tags(data: bytes) -> set[str]:
    """The tags in a message."""
    return {found.decode() for found in _TAG.findall(data)}


def crossed(seen: Observation, others: Any) -> set[str]:
    """Tags of other invocations in a reply that lacks its own; ``others`` are those in use."""
    if seen.reply is None or not seen.tag:
        return set()
    found = tags(seen.reply)
    if not found or seen.tag in found:
        return set()
    return {tag for tag in found if tag in others}


def _last(log: tuple[str, ...]) -> str:
    lines = [line for line in log if line.strip()]
    for line in reversed(lines):
        if is_exception(line):
            return normalised(line)
    return normalised(lines[-1]) if lines else ""
