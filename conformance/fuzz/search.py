"""Which input comes next: the worker's answers steer towards what was not seen before.

Rules of this file:

* Pure: no worker, no clock. ``batch`` gives inputs, ``learn`` takes what came of them, in the
  order in which they were given; the same seed and the same answers give the same inputs.
* An input whose answer was new is kept. Kept inputs are varied first one place at a time, which
  is how a right form gets one wrong leaf, then at random.
* What a complaint hints at is tried at once (``learning``); a new complaint is progress.
"""

from __future__ import annotations

import json
import random
import re
from collections import Counter, deque
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

from conformance.fuzz.choices import RandomChoices
from conformance.fuzz.dialect import Unsupported
from conformance.fuzz.hostile import COMMON, HOSTILE, Hostile, written
from conformance.fuzz.learning import Hint, fields, hints
from conformance.fuzz.strings import TAG
from conformance.fuzz.target import Input, Target
from conformance.fuzz.trees import Path, at, children, kind, places, put, shape, size, without
from conformance.fuzz.values import Building

MOST_NEWS = 300
"""New things counted for a function; a worker that never says the same twice teaches no more."""

MOST_STEPS = 600
"""Single changes tried of a kept input before it is only changed at random."""

SAMPLES: Mapping[str, tuple[Any, ...]] = {
    "integer": (1, 0),
    "number": (1.5, 1),
    "string": (TAG, "a"),
    "boolean": (True,),
    "array": ([], [{}], ["a"]),
    "object": ({},),
    "null": (None,),
}
UNTYPED: tuple[Any, ...] = (1, "a", {}, [], [{}], True)

HINT = "a hint"
TAGGED: tuple[Any, ...] = (TAG, {"name": TAG}, {"id": 1, "data": {"text": TAG}}, [TAG])
FREE = frozenset(("text", "x", "name", "value", "hello world"))
"""Texts that stand for any text, so that a tag may take their place."""

HTTP = {
    "path": "/",
    "method": "POST",
    "headers": {"content-type": "application/json"},
    "query_params": {"q": "a"},
    "path_params": {},
    "body": {"a": TAG},
}
"""What a function gets that is bound to an HTTP route."""


Proposal = tuple[Any, str, bool]
"""A value, where it comes from, and whether the engine would deliver it."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What came of an input, as far as it steers.

    ``outcome`` is ``result``, ``error`` or what else became of it; ``delay`` is in seconds.
    """

    outcome: str
    code: str = ""
    message: str = ""
    stack: str = ""
    result: Any = None
    delay: float = 0.0
    log: tuple[str, ...] = ()


@dataclass(slots=True)
class Kept:
    """An input that reached something new, and what is still to be tried with it."""

    value: Any
    steps: Iterator[Proposal]
    succeeded: bool
    worth: float = 1.0


@dataclass
class Field:
    """What was learned about one function."""

    target: Target
    kept: list[Kept] = field(default_factory=list)
    waiting: deque[Proposal] = field(default_factory=deque)
    news: set[str] = field(default_factory=set)
    names: Counter[str] = field(default_factory=Counter)
    values: list[Any] = field(default_factory=list)
    given: int = 0
    errors: int = 0
    results: int = 0
    arms: dict[str, list[float]] = field(default_factory=dict)
    texts: set[bytes] = field(default_factory=set)


class Search:
    """Gives inputs for functions.

    ``seeds`` are values known to be sensible, by function. ``steered`` false gives plain random
    data, for comparison.
    """

    def __init__(
        self,
        targets: Mapping[str, Target],
        seed: int,
        seeds: Mapping[str, Iterable[Any]] | None = None,
        *,
        steered: bool = True,
    ) -> None:
        self._random = random.Random(seed)  # noqa: S311 - reproducible on purpose
        self._choices = RandomChoices(self._random)
        self._steered = steered
        self.fields = {name: Field(target) for name, target in targets.items()}
        self._turn = self._round = 0
        for name, one in self.fields.items():
            one.waiting.extend((v, "a seed", True) for v in (seeds or {}).get(name, ()))
            if steered:
                one.waiting.extend((h.value, h.name, h.deliverable) for h in COMMON)
                one.waiting.extend((value, "a tag", True) for value in TAGGED)

    # -- what comes next -------------------------------------------------------------------------

    def batch(self, count: int, resting: Collection[str] = ()) -> list[Input]:
        """The next inputs, of all functions in turn; those with much that is new get more.

        Functions that are ``resting`` get none, unless all are.
        """
        names = [name for name in self.fields if name not in resting] or list(self.fields)
        return [self._next(names) for _ in range(count)]

    def _next(self, names: list[str]) -> Input:
        self._turn += 1
        if self._steered and self._turn % 3 == 0:
            busy = [name for name in names if self.fields[name].waiting]
            name = self._choices.pick(busy or names)
        else:
            self._round += 1
            name = names[self._round % len(names)]
        one = self.fields[name]
        one.given += 1
        value, origin, deliverable = self._value(one)
        return self._input(one, value, origin, deliverable)

    def _input(self, one: Field, value: Any, origin: str, deliverable: bool) -> Input:
        if self._choices.chance(50):
            value = self._tagged(one, value)
        target, text = one.target, written(value)
        valid: bool | None = None
        broken = ""
        if target.generator is not None and deliverable:
            plain = _plain(value)
            valid = target.generator.validity.holds(plain)
            if not valid and target.structure.holds(plain):
                valid = None  # only a format is not kept, which is an annotation to many
            elif not valid:
                broken = "the declared format"
        return Input(target.id, text, value, valid, broken, origin, deliverable)

    @staticmethod
    def _tagged(one: Field, value: Any) -> Any:
        """The value with a tag in place of the first text that may be any other."""
        for path in places(value)[:40]:
            old = at(value, path)
            if isinstance(old, str) and old in FREE:
                tagged = put(value, path, TAG)
                generator = one.target.generator
                if generator is None or generator.validity.holds(_plain(tagged)):
                    return tagged
        return value

    def _value(self, one: Field) -> Proposal:
        if not self._steered:
            return self._fresh(one), "random", True
        if one.waiting:
            return one.waiting.popleft()
        if one.target.generator is None and self._choices.chance(10):
            return self._choices.pick(TAGGED), "a tag", True
        arms: dict[str, Callable[[Field], Proposal | None]] = {
            "step": self._stepped,
            "change": self._changed,
            "fresh": lambda one: (self._fresh(one), "fresh", True),
            "repeat": self._repeated,
            "splice": self._spliced,
            "hostile": self._hostile,
        }
        names = list(arms)
        weights = [self._weight(one, name) for name in names]
        name = self._random.choices(names, weights)[0]
        made = arms[name](one)
        if made is None:
            return self._fresh(one), "fresh", True
        return made[0], f"{name}: {made[1]}" if made[1] else name, made[2]

    @staticmethod
    def _weight(one: Field, arm: str) -> float:
        found, tried = one.arms.setdefault(arm, [0.0, 0.0])
        return (found + 1) / (tried + 12) + 0.01

    def _fresh(self, one: Field) -> Any:
        generator = one.target.generator
        if generator is not None:
            try:
                return generator.value(self._choices)
            except Unsupported:
                pass
        return Building(self._choices).build({}, 3)

    def _pick(self, one: Field) -> Kept | None:
        if not one.kept:
            return None
        if self._choices.chance(50):
            return self._choices.pick(one.kept[-6:])
        return self._choices.pick(one.kept)

    def _stepped(self, one: Field) -> Proposal | None:
        """The next single change of the kept input with the most promise."""
        for kept in sorted(one.kept, key=lambda kept: -kept.worth):
            step = next(kept.steps, None)
            if step is not None:
                kept.worth *= 0.98
                return step
            kept.worth = 0.0
        return None

    def _changed(self, one: Field) -> Proposal | None:
        kept = self._pick(one)
        if kept is None:
            return None
        value, deliverable = kept.value, True
        for _ in range(1 + self._choices.whole(0, 2)):
            value, sound = self._change(one, value)
            deliverable = deliverable and sound
        return value, "", deliverable

    def _change(self, one: Field, value: Any) -> tuple[Any, bool]:
        path = self._choices.pick(places(value))
        old = at(value, path)
        if one.target.edges and self._choices.chance(30):
            return put(value, path, self._choices.pick(one.target.edges)), True
        if path and self._choices.chance(15):
            return without(value, path), True
        if isinstance(old, list) and old and self._choices.chance(40):
            return put(value, path, old * self._choices.whole(2, 9)), True
        if isinstance(old, dict) and one.names and self._choices.chance(40):
            name = self._choices.pick(list(one.names))
            return put(value, (*path, name), self._choices.pick(UNTYPED)), True
        if isinstance(old, int | float) and self._choices.chance(40):
            return put(value, path, old + self._choices.pick((-1, 1, 10, -10, 1000))), True
        if isinstance(old, str) and self._choices.chance(30):
            return put(value, path, old * 2 + self._choices.pick(("", " ", "é", "'", "\n"))), True
        if one.values and self._choices.chance(20):
            return put(value, path, self._choices.pick(one.values)), True
        new = self._choices.pick(HOSTILE)
        return put(value, path, new.value), new.deliverable

    def _repeated(self, one: Field) -> Proposal | None:
        kept = self._pick(one)
        return None if kept is None else (kept.value, "", True)

    def _spliced(self, one: Field) -> Proposal | None:
        first, second = self._pick(one), self._pick(one)
        if first is None or second is None:
            return None
        if self._choices.chance(50):
            second = first  # a part of itself: deeper, and still of the right form
        path = self._choices.pick(places(first.value))
        part = at(second.value, self._choices.pick(places(second.value)))
        if second is first and path and size(first.value) < 60:
            alike = [p for p in places(first.value) if kind(at(first.value, p)) == kind(part)]
            path = self._choices.pick(alike)
        return put(first.value, path, part), "", True

    def _hostile(self, one: Field) -> Proposal | None:
        hostile = self._choices.pick(HOSTILE)
        kept = self._pick(one)
        if kept is None or self._choices.chance(20):
            return hostile.value, hostile.name, hostile.deliverable
        path = self._choices.pick(places(kept.value))
        return put(kept.value, path, hostile.value), hostile.name, hostile.deliverable

    # -- what came of it -------------------------------------------------------------------------

    def learn(self, given: Input, answer: Answer) -> bool:
        """Take an answer; returns whether something about it was new."""
        one = self.fields[given.function_id]
        if not self._steered:
            return self._note(one, given, answer)
        arm = one.arms.get(given.origin.partition(":")[0])
        if arm is not None:
            arm[1] += 1
        told = hints(answer.message, answer.stack) if answer.outcome == "error" else []
        new = self._note(one, given, answer)
        if not new or not given.deliverable:
            return new
        if arm is not None:
            arm[0] += 1
        for hint in told:
            if hint.name:
                one.names[hint.name] += 1
            for part in hint.path or ():
                if isinstance(part, str):
                    one.names[part] += 1
        tries = [(value, HINT, True) for value in _grown(given.value, told, one)]
        one.waiting.extend(tries[:60])
        succeeded = answer.outcome == "result"
        if size(given.value) < 200:
            steps = islice(
                self._steps(given.value, one), MOST_STEPS if succeeded else MOST_STEPS // 6
            )
            one.kept.append(Kept(given.value, steps, succeeded, worth=2.0 if succeeded else 1.0))
        return True

    def observe(self, value: Any) -> None:
        """Learn names and values from what the worker itself sends to others."""
        for name, child in fields(value):
            for one in self.fields.values():
                if len(one.names) < MOST_NEWS:
                    one.names[name] += 1
                if len(one.values) < MOST_NEWS and kind(child) not in ("object", "array"):
                    one.values.append(child)

    def share(self, function_id: str, value: Any) -> None:
        """Try what another runner has found worth keeping."""
        if function_id in self.fields:
            self.fields[function_id].waiting.append((value, "shared", True))

    @staticmethod
    def _steps(value: Any, one: Field) -> Iterator[Proposal]:
        """The value with one place changed, deep places first where mistakes hide."""
        spots = sorted(places(value), key=lambda path: -len(path))
        leaves = [path for path in spots if not any(children(at(value, path)))]
        yield from _replaced(value, spots, COMMON)
        yield from ((without(value, path), "step: left out", True) for path in spots if path)
        for edge in one.target.edges:
            alike = [path for path in spots if kind(at(value, path)) == kind(edge)]
            yield from ((put(value, path, edge), "step: an edge", True) for path in alike)
        yield from _replaced(value, leaves, HOSTILE[len(COMMON) :])

    def _note(self, one: Field, given: Input, answer: Answer) -> bool:
        if len(one.news) >= MOST_NEWS:
            return False
        before = len(one.news)
        one.errors += answer.outcome == "error"
        one.results += answer.outcome == "result"
        if answer.outcome == "result" and one.errors > one.results and given.origin == HINT:
            one.news.add(f"accepted {shape(given.value)}")
        for news in _news(given, answer):
            one.news.add(news)
        return len(one.news) > before


def _replaced(value: Any, spots: list[Path], by: Sequence[Hostile]) -> Iterator[Proposal]:
    for hostile in by:
        for path in spots:
            old = at(value, path)
            if kind(old) != kind(hostile.value) or old != hostile.value:
                yield put(value, path, hostile.value), f"step: {hostile.name}", hostile.deliverable


def _news(given: Input, answer: Answer) -> Iterator[str]:
    if answer.outcome == "result":
        yield f"result {shape(answer.result)}"
    else:
        said = normalised(answer.message, given.value)
        yield f"{answer.outcome} {answer.code} {said}"
    if answer.delay >= 0.25:
        yield f"delay {int(answer.delay * 4).bit_length() // 2}"
    for line in answer.log:
        yield f"log {normalised(line, given.value)}"


def normalised(text: str, value: Any = None) -> str:
    """A message without what differs from case to case: data, numbers, addresses."""
    text = text[:1000]
    for leaf in _texts(value):
        if leaf in text:
            text = text.replace(leaf, "‹data›")
    text = re.sub(r"tag-[0-9a-f]{12}", "‹data›", text)
    text = re.sub(
        r"0x[0-9a-fA-F]+|[0-9a-f]{8}-[0-9a-f-]{27}|\d+(?:\.\d+)?(?:e[+-]?\d+)?", "#", text
    )
    text = re.sub(r"(\[|\{|\")(?:[^\]\}\"\n]{40,})(\]|\}|\")", r"\1…\2", text)
    return re.sub(r"\s+", " ", text)[:160]


def _texts(value: Any) -> list[str]:
    found: list[str] = []
    waiting = [value]
    while waiting and len(found) < 40:
        node = waiting.pop()
        if isinstance(node, str) and len(node) >= 4:
            found.append(node)
        waiting += (child for _, child in children(node))
    return sorted(found, key=len, reverse=True)


def _grown(value: Any, told: list[Hint], one: Field) -> Iterator[Any]:
    """The value changed as each hint suggests."""
    for hint in told:
        yield from islice(_followed(value, hint, one), 30)


def _followed(value: Any, hint: Hint, one: Field) -> Iterator[Any]:
    wanted = SAMPLES[hint.kind] if hint.kind else (hint.options or UNTYPED)
    if hint.path is not None:
        for sample in wanted:
            yield put(value, hint.path, sample)
        return
    spots = places(value)
    if hint.name:
        holders = [p for p in spots if isinstance(at(value, p), dict)]
        lacking = [p for p in holders if hint.name not in at(value, p)]
        if not holders:
            yield from ({hint.name: sample} for sample in wanted)
        for path in sorted(lacking, key=lambda path: -len(path)):
            yield from (put(value, (*path, hint.name), sample) for sample in wanted)
        yield from _beneath(value, hint.name, one)
        return
    for path in sorted(spots, key=lambda path: -len(path)):
        if hint.found in (None, kind(at(value, path))):
            yield from (put(value, path, sample) for sample in wanted)


def _beneath(value: Any, name: str, one: Field) -> Iterator[Any]:
    """An object with the field in place of each value that is none: its holder was missing."""
    for path in places(value):
        if not isinstance(at(value, path), dict):
            yield put(value, path, {name: 1})
    for path in places(value):
        for holder in list(one.names):
            if holder != name and isinstance(at(value, path), dict):
                yield put(value, (*path, holder, name), 1)


def _plain(value: Any) -> Any:
    """A value without raw text, for a validator."""
    if isinstance(value, dict):
        return {name: _plain(child) for name, child in value.items()}
    if isinstance(value, list):
        return [_plain(child) for child in value]
    if kind(value) == "raw":
        return json.loads(bytes(value))
    return value
