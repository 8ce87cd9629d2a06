"""Chooses the next data to try with one function, so that it gets past its first line.

Rules of this file:

* Pure: ``next`` gives data, ``take`` takes the outcome. The same answers lead to the same data.
* A new complaint is progress: its hints are tried before all others, because the function got
  furthest with that data.
* A result that contains an error is a complaint, too: many functions never fail.
"""

from __future__ import annotations

import json
from collections import defaultdict, deque
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

from conformance.documents.trees import at, places, put, shape
from conformance.trials.learning.complaints import fields, hints
from conformance.trials.learning.following import all_at_once, followed, request_parts
from conformance.trials.learning.guesses import guesses, of_form
from conformance.trials.learning.knowledge import Depth, Learned
from conformance.trials.learning.wording import absent_function, normalised
from mock_engine.transcript import Message

MOST = 200
"""Invocations of one function."""

MOST_FOLLOWED = 40
"""Values tried for the hints of one complaint."""

MOST_AFTER = 30
"""Invocations after a first result: other branches may get further."""

MOST_EXAMPLES = 3
MOST_SWITCHED = 12
"""Booleans of data that are set otherwise, and members of a result that are looked at for some."""

MOST_KNOWN = 8
"""Values kept for one name."""

_COMPLAINTS = ("error", "errors", "message", "reason", "detail", "details", "err")
_VERDICTS = ("ok", "success", "succeeded", "valid")


@dataclass(frozen=True, slots=True)
class Reply:
    """The outcome of an invocation: a result or an error message, and the calls made meanwhile."""

    result: Any = None
    failed: bool = False
    message: str = ""
    stack: str = ""
    code: str = ""
    calls: tuple[str, ...] = ()
    silent: bool = False


def reply_of(answer: Message | None, calls: tuple[str, ...]) -> Reply:
    """The part of an answer from which something can be learned."""
    if answer is None:
        return Reply(silent=True, calls=calls)
    error = answer.json.get("error")
    if error is None:
        return Reply(answer.json.get("result"), calls=calls)
    if not isinstance(error, Mapping):
        return Reply(failed=True, message=str(error), calls=calls)
    message, stack, code = (str(error.get(k) or "") for k in ("message", "stacktrace", "code"))
    return Reply(failed=True, message=message, stack=stack, code=code, calls=calls)


class Names:
    """The values of fields, as the functions of one worker return and send them."""

    def __init__(self) -> None:
        self._values: dict[str, list[Any]] = defaultdict(list)

    def note(self, value: Any, owner: str = "") -> None:
        """Learn from a result, or from the data of a call, of the function ``owner``."""
        if isinstance(value, str | int) and not isinstance(value, bool) and owner:
            value = {"id": value}
        for name, child in fields(value):
            if isinstance(child, str | int | float) and not isinstance(child, bool):
                self._add(name, child)
                if name.lower() in ("id", "key", "name", "uuid") and owner:
                    for noun in _nouns(owner):
                        self._add(f"{noun}{name}", child)

    def _add(self, name: str, value: Any) -> None:
        known = self._values[_plain(name)]
        if value not in known and len(known) < MOST_KNOWN and len(str(value)) < 200:
            known.insert(0, value)

    def known(self, name: str) -> list[Any]:
        """Values that a field of this name had, the newest first."""
        plain = _plain(name)
        if plain in self._values:
            return self._values[plain]
        return self._values.get("id", []) if plain.endswith("id") else []


def _plain(name: str) -> str:
    """A name as it is compared: ``order_id``, ``orderId`` and ``OrderID`` are equal."""
    return name.replace("_", "").replace("-", "").lower()


def _nouns(function_id: str) -> Iterator[str]:
    """What a function may be about: ``realms::create`` is about a realm."""
    for part in function_id.split("::")[:-1]:
        for noun in (part, part.rpartition("-")[2], part.rpartition("_")[2]):
            yield noun
            if noun.endswith("s"):
                yield noun[:-1]


@dataclass
class Learner:
    """Learns about one function. ``starts`` is the data to begin with, the likeliest first.

    ``names`` are shared with the learners of the other functions of the worker.
    """

    function_id: str
    starts: Iterable[Any]
    names: Names
    most: int = MOST
    tries: int = 0
    depth: Depth = Depth.UNKNOWN
    complaint: str = ""
    calls: dict[str, None] = field(default_factory=dict)

    def __post_init__(self) -> None:  # noqa: D105 - says nothing beyond the class
        self._waiting: deque[Any] = deque()
        self._events: list[Any] = []
        self._tried: set[str] = set()
        self._heard: set[str] = set()
        self._complaints = 0
        self._examples: list[tuple[int, int, Any]] = []
        self._fields: dict[str, None] = {}
        self._last: Any = None
        self._furthest = Depth.UNKNOWN
        self._refused: list[Any] = []
        self._since_result = 0
        self._waiting.extend(self.starts)

    def next(self) -> tuple[Any] | None:
        """The next data, in a tuple because it may be null; ``None`` if there is no more to try."""
        if self.tries >= self.most or self._since_result > MOST_AFTER:
            return None
        while self._waiting:
            value = self._waiting.popleft()
            key = json.dumps(value, sort_keys=True)
            if key not in self._tried and len(key) < 20_000:
                self._tried.add(key)
                self.tries += 1
                return (value,)
        return None

    def take(self, value: Any, reply: Reply) -> None:
        """Take the outcome of an invocation with ``value``."""
        if reply.silent:
            self._stop(value, reply)
            return
        self.calls |= dict.fromkeys(reply.calls)
        text = reply.message if reply.failed else complaint(reply.result)
        depth = Depth.REFUSED if text or reply.failed else Depth.RESULT
        # What another function's absence was told for had passed all that is checked before.
        beyond = absent_function(text) not in ("", self.function_id)
        if reply.calls or beyond:
            depth = Depth.CALLED
        self.depth = max(self.depth, depth)
        refused = bool(text) or reply.failed
        if depth >= Depth.RESULT and not refused:
            self._since_result += 1
        known = self._has_heard(value, text if refused else None, reply.result)
        self._rank(depth, value, refused=refused, known=known)
        if refused:
            self.complaint = text
            if depth >= self._furthest:
                self._furthest, self._last = depth, value
            self._refused += [value] if len(self._refused) < MOST_EXAMPLES else []
            if not known and not beyond:
                self._follow(value, text, reply)
        else:
            self.names.note(reply.result, self.function_id)
            if not known:
                self._waiting.extend(switched(value, reply.result))

    def _has_heard(self, value: Any, text: str | None, result: Any) -> bool:
        """Whether a complaint, or a result of this shape, came before; from now on it did.

        Data may contain a word of the complaint itself: ``text must be a string``.
        """
        news = [shape(result)] if text is None else [normalised(text, value), normalised(text)]
        heard = {f"{one} {request_parts(value)}" for one in news}
        known = not heard.isdisjoint(self._heard)
        if not known:
            self._complaints += 1
        self._heard |= heard
        return known

    def _stop(self, value: Any, reply: Reply) -> None:
        """Drop the data still to be tried: each try would take as long, and its calls are known."""
        depth = Depth.CALLED if reply.calls else Depth.SILENT
        self.depth = max(self.depth, depth)
        self.calls |= dict.fromkeys(reply.calls)
        self._rank(depth, value, refused=True, known=False)
        self._waiting.clear()

    def _rank(self, depth: Depth, value: Any, *, refused: bool, known: bool) -> None:
        """Keep what reached deepest: a call before a result, a result before a late complaint.

        What the worker itself sends comes before other data that got as far.
        """
        event = value in self._events
        if not known or event or not self._examples:
            rank = (2 * depth + (not refused), self._complaints if refused else 0)
            self._examples.insert(0 if event else len(self._examples), (*rank, value))
            self._examples.sort(key=lambda example: example[:2], reverse=True)

    def _follow(self, value: Any, text: str, reply: Reply) -> None:
        """Try the hints of a complaint next, before everything else."""
        found = hints(text, reply.stack, reply.code)
        self._fields |= dict.fromkeys(hint.name for hint in found if hint.name)
        tries: list[Any] = list(all_at_once(value, found, self._guess))
        tries += islice(followed(value, found, self._fields, self._guess), MOST_FOLLOWED)
        for form in of_form(text):
            named = {hint.name for hint in found}
            tries += (
                put(value, path, form) for path in places(value) if path and path[-1] in named
            )
        self._waiting.extendleft(reversed(tries))

    def _guess(self, name: str, kind: str | None) -> list[Any]:
        return guesses(name, kind, self.names.known(name)) if name else guesses("", kind)

    def offer(self, events: Iterable[Any]) -> bool:
        """Try what the worker itself sends the function, whatever has been tried before.

        Returns whether there is anything to try.
        """
        if self.depth is Depth.SILENT or self.most == 1:
            return False
        new = [event for event in events if json.dumps(event, sort_keys=True) not in self._tried]
        self._events += new
        self._waiting.extendleft(reversed(new))
        self.most, self._since_result = self.tries + len(new), 0
        return bool(new)

    def again(self) -> bool:
        """Retry what was refused last, of what got furthest, with values given by others since.

        Returns whether there is anything to try.
        """
        if self._last is None or self._since_result:
            return False
        tries: list[Any] = []
        for path in places(self._last):
            name = path[-1] if path else None
            if isinstance(name, str):
                tries += (
                    put(self._last, path, known)
                    for known in self.names.known(name)
                    if known != at(self._last, path)
                )
        self._waiting.extend(tries)
        return bool(tries)

    def learned(self) -> Learned:
        """What was learned."""
        examples = tuple(value for _, _, value in self._examples[:MOST_EXAMPLES])
        text = self.complaint if self.depth is Depth.REFUSED else ""
        return Learned(
            self.depth, examples, text, self.tries, tuple(self.calls), tuple(self._refused)
        )


def switched(data: Any, result: Any) -> Iterator[Any]:
    """The data with each boolean set to its opposite: its own, and those that the result names.

    A function often does another thing then. One that answers ``{"open": true}`` often takes
    ``open``.
    """
    own = [path for path in places(data) if isinstance(at(data, path), bool)]
    for path in own[:MOST_SWITCHED]:
        yield put(data, path, not at(data, path))
    if isinstance(result, Mapping) and isinstance(data, dict):
        for name, value in islice(result.items(), MOST_SWITCHED):
            if isinstance(value, bool) and name not in _VERDICTS:
                yield {**data, name: not value}


def complaint(result: Any, depth: int = 3) -> str:
    """The complaint in a result; empty if there is none."""
    if not isinstance(result, Mapping) or depth == 0:
        return ""
    refused = any(result.get(name) is False for name in _VERDICTS) or _is_refusal(result)
    for name in _COMPLAINTS:
        found = result.get(name)
        if found and (refused or name in ("error", "errors", "err")):
            return found if isinstance(found, str) else _inner(found)
    for name in ("body", "result", "data", "response"):
        inner = complaint(result.get(name), depth - 1)
        if inner or (refused and isinstance(result.get(name), str)):
            return inner or str(result[name])
    return "refused" if refused else ""


def _is_refusal(result: Mapping[str, Any]) -> bool:
    status = result.get("status_code", result.get("status", result.get("statusCode")))
    if isinstance(status, int) and not isinstance(status, bool):
        return status >= 400
    return isinstance(status, str) and status.lower() in ("error", "failed", "failure", "invalid")


def _inner(found: Any) -> str:
    """The text within an error that is an object or a list."""
    if isinstance(found, Mapping):
        for name in ("message", "detail", "reason", "error"):
            if isinstance(found.get(name), str):
                return str(found[name])
    return json.dumps(found)[:2000] if not isinstance(found, bool) else "refused"
