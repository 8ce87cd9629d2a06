"""Requests over HTTP, filled with what a function says it misses.

A function that keeps saying "weight is required" whatever a request contains under that name, in
its body, its query and its path, does not read the request.
"""

from __future__ import annotations

import itertools
import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from conformance.checks.stimuli.worlds import MOST, routes
from conformance.trials.harness import Harness
from conformance.trials.invoker import Invocation
from conformance.trials.learning.complaints import fields, hints
from conformance.trials.learning.guesses import guesses
from conformance.trials.learning.hint import FILLERS
from conformance.trials.learning.learner import complaint
from conformance.trials.learning.starts import request
from conformance.trials.learning.wording import normalised
from conformance.trials.learning.worlds import is_request
from conformance.trials.trial import Worker, trial
from mock_engine.modules.channel import READ, WRITE
from mock_engine.transcript import Message

ROUNDS = 6
"""Complaints of one function that are met."""

MOST_NAMES = 3
"""Missing members of one complaint; of more, not all combinations of values can be tried."""

KINDS: tuple[Any, ...] = ("text", 1, True, ["a"], {"a": 1})
"""A value of each kind: a function may say that a member is required when it is of a wrong kind."""

_LACKS = re.compile(r"\b(required|missing|mandatory)\b", re.IGNORECASE)
_WORDS = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])")
_NOT_DATA = re.compile(
    r"auth|token|secret|credential|password|signature|session|cookie|csrf|api.?key|log.?in|permi"
    r"|header|content.?type|multipart|licen[cs]e|subscription|connection|database"
    r"|\b(?:user|account|tenant|role|file|config|configuration|environment)\b"
    r"|(?-i:\b[A-Z][A-Z0-9]*_[A-Z0-9_]+\b)",
    re.IGNORECASE,
)
"""What a function may miss although a request has all the data: rights, and its own settings."""

_PARTS = frozenset(("body", "request_body", "query_params", "path_params", "query", "params"))


@dataclass(frozen=True, slots=True)
class Stubborn:
    """The invocations of a function with requests that had all that it said it misses.

    ``names`` are the members that its last complaint was about; it is empty if the function took a
    request, or complained about something else. ``beside`` is an invocation with these members
    beside the parts of the request, which the engine never sends, if that met the complaint.
    """

    function_id: str
    invocations: tuple[Invocation, ...]
    names: tuple[str, ...] = ()
    beside: Invocation | None = None


def sent(harness: Harness, function_id: str, event: Any) -> tuple[Invocation, str]:
    """Invoke with a request, its body in a channel, and a channel that the answer may take.

    Return the id of the latter, too.
    """
    answering = harness.engine.channels.create()
    answering.read(lambda *_: None, lambda: None)
    if is_request(event):
        body = harness.engine.channels.create()
        body.write(True, json.dumps(event["body"]).encode())
        body.finish()
        event = {"request_body": body.end(READ), "response": answering.end(WRITE), **event}
    return harness.invoker.invoke(function_id, event), answering.id


@trial(Worker.SHARED)
async def filled_requests(harness: Harness) -> tuple[Stubborn, ...]:
    """Send functions behind HTTP triggers requests with what they say they miss."""
    able = [(n, c) for n, c in routes(harness).items() if harness.obstacle(n) is None]
    known = dict(_values(harness))
    return tuple([await _Filling(harness, name, known).fill(c) for name, c in able[:MOST]])


def _values(harness: Harness) -> Iterator[tuple[str, Any]]:
    """The members of what other functions of the worker take."""
    for learned in harness.baseline.knowledge.functions.values():
        for example in learned.examples:
            yield from (pair for pair in fields(example) if pair[0] not in request({}))


@dataclass
class _Filling:
    """Fills requests for one function; ``known`` are values that other functions take, by name."""

    harness: Harness
    function_id: str
    known: Mapping[str, Any]

    async def fill(self, config: Any) -> Stubborn:
        event: Any = request(config)
        asked, text = await self._ask(event)
        played = [asked]
        for _ in range(ROUNDS):
            names = lacking(text)
            if not names:
                break
            for filled in fillings(event, names, self.known):
                asked, answer = await self._ask(filled)
                played.append(asked)
                if normalised(answer, filled) != normalised(text, filled):
                    event, text = filled, answer
                    break
            else:
                return await self._refused(event, names, text, played)
        return Stubborn(self.function_id, tuple(played))

    async def _refused(
        self, event: Any, names: Sequence[str], text: str, played: Sequence[Invocation]
    ) -> Stubborn:
        """See whether the function looks for the members in places that are less usual."""
        values = {name: _first(name, self.known) for name in names}
        hidden, _ = sent(self.harness, self.function_id, _everywhere(event, values))
        answer = await self._text(hidden)
        if normalised(answer, event) != normalised(text, event):
            return Stubborn(self.function_id, (*played, hidden))
        beside, answer = await self._ask({**event, **values})
        found = beside if normalised(answer, event) != normalised(text, event) else None
        if found is None and len(names) > MOST_NAMES:
            return Stubborn(self.function_id, tuple(played))
        return Stubborn(self.function_id, tuple(played), tuple(names), found)

    async def _ask(self, event: Any) -> tuple[Invocation, str]:
        asked = self.harness.invoker.invoke(self.function_id, event)
        return asked, await self._text(asked)

    async def _text(self, asked: Invocation) -> str:
        await self.harness.invoker.reply(asked, self.harness.pace.handler)
        return complained(self.harness.invoker.replies(asked))


def complained(answers: Sequence[Message]) -> str:
    """The complaint in an answer, be it an error or a result; empty if there is none."""
    if not answers:
        return ""
    error = answers[0].json.get("error")
    if error is None:
        return complaint(answers[0].json.get("result"))
    return str(error.get("message") or "") if isinstance(error, Mapping) else str(error)


def lacking(text: str) -> list[str]:
    """The members of data that a complaint says are missing; none if it may be about more."""
    if not _LACKS.search(text) or _NOT_DATA.search(text):
        return []
    names = dict.fromkeys(str(hint.name) for hint in hints(text) if hint.name)
    # The code of an error may stand before it: "invocation_failed: weight is required".
    said = set(re.findall(r"[\w$\-]+(?![\w$\-]|\)?:)", text))
    return [n for n in names if n in said and n.lower() not in FILLERS | _PARTS]


def fillings(event: Any, names: Sequence[str], known: Mapping[str, Any]) -> Iterator[Any]:
    """The request with all the members in each part, with values of every kind."""
    options = [_options(name, known) for name in names]
    if len(names) > MOST_NAMES:
        combined: Iterable[tuple[Any, ...]] = zip(*options, strict=False)
    elif len(names) == MOST_NAMES:
        combined = itertools.product(*(values[:4] for values in options))
    else:
        combined = itertools.product(*options)
    for values in combined:
        yield _filled(event, dict(zip(names, values, strict=True)))


def _options(name: str, known: Mapping[str, Any]) -> list[Any]:
    """Likely values of a member, the likeliest first, and one of each kind."""
    first = _first(name, known)
    return [first, *(value for value in KINDS if type(value) is not type(first))]


def _first(name: str, known: Mapping[str, Any]) -> Any:
    return known.get(name, guesses(name)[0])


def _filled(event: Any, values: Mapping[str, Any]) -> Any:
    texts = {name: v if isinstance(v, str) else json.dumps(v) for name, v in values.items()}
    added = {"body": values, "query_params": texts, "path_params": texts}
    return event | {part: {**event[part], **more} for part, more in added.items()}


def _everywhere(event: Any, values: Mapping[str, Any]) -> Any:
    """The request with the members in its headers, too, and deeper in its body."""
    event = _filled(event, values)
    words = _WORDS.findall(event["path"])
    holders = ("data", "input", "payload", "params", *words, *(w.removesuffix("s") for w in words))
    headers = {name: str(value) for name, value in values.items()}
    headers |= {f"x-{name.replace('_', '-').lower()}": text for name, text in headers.items()}
    body = {**{holder: dict(values) for holder in holders}, **event["body"]}
    return event | {"body": body, "headers": {**event["headers"], **headers}}
