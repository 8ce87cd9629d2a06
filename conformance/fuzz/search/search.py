"""Chooses the next input: the worker's answers guide it towards what was not seen before.

Rules of this file:

* Pure: no worker, no clock. ``batch`` gives inputs, ``learn`` takes their outcomes, in the order in
  which they were sent; the same seed and the same answers give the same inputs.
* An input whose answer was new is kept. Kept inputs are varied first one place at a time, so that
  correct data gets one wrong leaf, then at random (``variation``).
* The hints of a complaint are tried at once (``learning``, ``following``); a new complaint is
  progress.
"""

from __future__ import annotations

import json
import random
from collections.abc import Collection, Iterable, Mapping
from itertools import islice
from typing import Any

from conformance.documents.trees import at, kind, places, put, shape, size
from conformance.fuzz.search.knowledge import MOST_NEWS, Kept, Knowledge, Proposal
from conformance.fuzz.search.novelty import Answer, traits
from conformance.fuzz.search.variation import Variation, steps
from conformance.fuzz.target import Case, FuzzTarget
from conformance.fuzz.values.entropy import RandomEntropy
from conformance.fuzz.values.hostile import COMMON, HOSTILE, written
from conformance.fuzz.values.strings import TAG
from conformance.trials.learning.complaints import fields, hints
from conformance.trials.learning.following import all_at_once, followed
from conformance.trials.learning.guesses import guesses
from conformance.trials.learning.hint import Hint
from conformance.trials.learning.learner import Names

MOST_STEPS = 600
"""Single changes tried of a kept input before it is only changed at random."""

MOST_TRIES = 60
"""Values tried at once for the hints of one complaint."""

LARGEST_KEPT = 200
"""Nodes of an input that is kept."""

HINT = "a hint"
TAGGED: tuple[Any, ...] = (TAG, {"name": TAG}, {"id": 1, "data": {"text": TAG}}, [TAG])
FREE = frozenset(("text", "x", "name", "value", "hello world"))
"""Texts that stand for any text, so that a tag may replace them."""


class Search:
    """Gives inputs for functions.

    ``seeds`` are values known to be sensible, by function. ``steered`` false gives plain random
    data, for comparison.
    """

    def __init__(
        self,
        targets: Mapping[str, FuzzTarget],
        seed: int,
        seeds: Mapping[str, Iterable[Any]] | None = None,
        *,
        steered: bool = True,
    ) -> None:
        self._random = random.Random(seed)  # noqa: S311 - reproducible on purpose
        self._entropy = RandomEntropy(self._random)
        self.related = Names()
        self._variation = Variation(self._entropy, self.related)
        self._steered = steered
        self.fields = {name: Knowledge(target) for name, target in targets.items()}
        self._turn = self._round = 0
        for name, one in self.fields.items():
            one.waiting.extend((v, "a seed", True) for v in (seeds or {}).get(name, ()))
            if steered:
                one.waiting.extend((h.value, h.name, h.deliverable) for h in COMMON)
                one.waiting.extend((value, "a tag", True) for value in TAGGED)
                one.waiting.extend((value, "an option", True) for value in one.target.options)

    # -- what comes next -------------------------------------------------------------------------

    def batch(self, count: int, resting: Collection[str] = ()) -> list[Case]:
        """The next inputs, for all functions in turn; those with many new answers get more.

        Functions that are ``resting`` get none, unless all are.
        """
        names = [name for name in self.fields if name not in resting] or list(self.fields)
        return [self._next(names) for _ in range(count)]

    def _next(self, names: list[str]) -> Case:
        self._turn += 1
        if self._steered and self._turn % 3 == 0:
            busy = [name for name in names if self.fields[name].waiting]
            name = self._entropy.pick(busy or names)
        else:
            self._round += 1
            name = names[self._round % len(names)]
        one = self.fields[name]
        return self._input(one, *self._proposal(one))

    def _input(self, one: Knowledge, value: Any, origin: str, deliverable: bool) -> Case:
        if self._entropy.chance(50):
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
        return Case(target.id, text, value, valid, broken, origin, deliverable)

    @staticmethod
    def _tagged(one: Knowledge, value: Any) -> Any:
        """The value with a tag in place of the first text that may be any text."""
        for path in places(value)[:40]:
            old = at(value, path)
            if isinstance(old, str) and old in FREE:
                tagged = put(value, path, TAG)
                generator = one.target.generator
                if generator is None or generator.validity.holds(_plain(tagged)):
                    return tagged
        return value

    def _proposal(self, one: Knowledge) -> Proposal:
        if not self._steered:
            return self._variation.by_chance(one), "random", True
        if one.waiting:
            return one.waiting.popleft()
        if one.target.generator is None and self._entropy.chance(10):
            return self._entropy.pick(TAGGED), "a tag", True
        arms = self._variation.arms
        weights = [self._weight(one, name) for name in arms]
        name = self._random.choices(list(arms), weights)[0]
        made = arms[name](one)
        if made is None:
            return self._variation.by_chance(one), "fresh", True
        return made[0], f"{name}: {made[1]}" if made[1] else name, made[2]

    @staticmethod
    def _weight(one: Knowledge, arm: str) -> float:
        found, tried = one.arms.setdefault(arm, [0.0, 0.0])
        return (found + 1) / (tried + 12) + 0.01

    # -- what came of it -------------------------------------------------------------------------

    def learn(self, case: Case, answer: Answer) -> bool:
        """Learn from an answer; return whether something about it was new."""
        one = self.fields[case.function_id]
        new = self._note(one, case, answer)
        if answer.succeeded:
            self.related.note(answer.result, case.function_id)
        if not self._steered:
            return new
        arm = one.arms.get(case.origin.partition(":")[0])
        if arm is not None:
            arm[1] += 1
        if new and case.deliverable:
            if arm is not None:
                arm[0] += 1
            self._follow(one, case, answer)
            self._keep(one, case, succeeded=answer.succeeded)
        return new

    @staticmethod
    def _note(one: Knowledge, case: Case, answer: Answer) -> bool:
        """Count what is new about an answer."""
        if len(one.news) >= MOST_NEWS:
            return False
        before = len(one.news)
        one.errors += answer.outcome == "error"
        one.results += answer.outcome == "result"
        if answer.outcome == "result" and one.errors > one.results and case.origin == HINT:
            one.news.add(f"accepted {shape(case.value)}")
        one.news.update(traits(case, answer))
        return len(one.news) > before

    def _follow(self, one: Knowledge, case: Case, answer: Answer) -> None:
        """Try the hints of a complaint next."""
        found: list[Hint] = []
        if answer.message:
            found = hints(answer.message, answer.stack)
        for hint in found:
            if hint.name:
                one.names[hint.name] += 1
            for part in hint.path or ():
                if isinstance(part, str):
                    one.names[part] += 1
        tries = [*all_at_once(case.value, found, self._guess)]
        tries += islice(followed(case.value, found, one.names, self._guess), MOST_TRIES)
        # The latest complaint comes from furthest in the function: it is followed first.
        one.waiting.extendleft((value, HINT, True) for value in reversed(tries))

    @staticmethod
    def _keep(one: Knowledge, case: Case, *, succeeded: bool) -> None:
        """Vary an input from now on."""
        if size(case.value) < LARGEST_KEPT:
            most = MOST_STEPS if succeeded else MOST_STEPS // 6
            changes = islice(steps(case.value, one.target.edges), most)
            one.kept.append(Kept(case.value, changes, succeeded, 2.0 if succeeded else 1.0))

    def _guess(self, name: str, kind: str | None) -> list[Any]:
        return guesses(name, kind, self.related.known(name) if name else ())

    def again(self, count: int) -> list[Case]:
        """Inputs that succeeded, for all functions in turn; fewer if few did."""
        kept = [
            (one, kept.value)
            for one in self.fields.values()
            for kept in [k for k in one.kept if k.succeeded][-3:]
        ]
        chosen = [self._entropy.pick(kept) for _ in range(count)] if kept else []
        return [self._input(one, value, "an answer", deliverable=True) for one, value in chosen]

    def answer(self) -> str:
        """An odd answer to a call that a function makes by itself, as JSON."""
        if self._entropy.chance(20):
            return '{"error":{"code":"refused","message":"refused by whoever was called"}}'
        if self._entropy.chance(10):
            return "{}"
        common = self._entropy.chance(60)
        value = self._entropy.pick(
            COMMON if common else [h for h in HOSTILE if h.deliverable]
        ).value
        return '{"result":' + written(value).decode() + "}"

    def observe(self, value: Any) -> None:
        """Learn names and values from what the worker itself sends to others."""
        self.related.note(value)
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


def _plain(value: Any) -> Any:
    """A value without raw text, for a validator."""
    if isinstance(value, dict):
        return {name: _plain(child) for name, child in value.items()}
    if isinstance(value, list):
        return [_plain(child) for child in value]
    if kind(value) == "raw":
        return json.loads(bytes(value))
    return value
