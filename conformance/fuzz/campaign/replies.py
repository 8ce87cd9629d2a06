"""What can be learned from the replies of a campaign, and what is wrong with them."""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import msgspec

from conformance.fuzz.campaign.defect import CampaignReport, Explored
from conformance.fuzz.campaign.misuse import Misuses
from conformance.fuzz.campaign.oracles import Kind, Observation, Suspicion, crossed, judge
from conformance.fuzz.campaign.references import texts
from conformance.fuzz.campaign.transport import Pending, Transport
from conformance.fuzz.plan import Plan
from conformance.fuzz.search.corpus import Corpus
from conformance.fuzz.search.novelty import Answer
from conformance.fuzz.search.search import Search
from conformance.fuzz.target import Case, FuzzTarget
from conformance.trials.conversation import ANNOUNCE
from conformance.trials.learning.learner import complaint
from mock_engine.transcript import Direction, Event, Message

PROMPT = 0.25
"""Seconds within which an answer is prompt."""

MOST_RECENT = 60
"""Invocations of a function that are remembered, as they may have left it in a bad state."""

MOST_RESULTS = 20
"""Results of equal inputs that are remembered, because later inputs may use them."""

MOST_ISSUED = 100_000
"""Tags that are remembered as another invocation's; older ones are forgotten all at once."""


@dataclass
class Replies:
    """Takes replies, in the order in which their inputs were sent."""

    plan: Plan
    transport: Transport
    search: Search
    targets: Mapping[str, FuzzTarget]
    corpus: Corpus
    report: CampaignReport
    misuses: Misuses = field(default_factory=Misuses)
    _slowest: dict[str, float] = field(default_factory=dict)
    _issued: set[str] = field(default_factory=set)
    prompt: dict[str, Case] = field(default_factory=dict)
    results: dict[Case, deque[Any]] = field(
        default_factory=lambda: defaultdict(lambda: deque(maxlen=MOST_RESULTS))
    )
    _recent: dict[str, deque[tuple[Case, bool]]] = field(
        default_factory=lambda: defaultdict(lambda: deque(maxlen=MOST_RECENT))
    )

    def expect(self, sent: Iterable[Pending]) -> None:
        """Remember the tags of what was sent: they belong only in the replies to it."""
        tags = {one.tag for one in sent if one.tag}
        self._issued |= tags
        if len(self._issued) > MOST_ISSUED:
            self._issued = tags

    def take(self, one: Pending, seen: Observation) -> Suspicion | None:
        """Learn from a reply, and judge it."""
        name = one.case.function_id
        explored = self.report.explored.setdefault(name, Explored())
        explored.inputs += 1
        explored.replies += 1
        self._slowest[name] = max(self._slowest.get(name, 0.0), one.came - one.sent)
        answer = answered(one, seen)
        self._recent[name].append((one.case, answer.outcome == "error"))
        if answer.succeeded and texts(answer.result):
            self.results[one.case].append(answer.result)
        if answer.outcome == "result" and one.came - one.sent < PROMPT and not one.case.answer:
            self.prompt[name] = one.case
        explored.results += answer.outcome == "result" and not answer.refusal
        explored.refusals += bool(answer.refusal)
        explored.errors += answer.outcome == "error"
        if self.search.learn(one.case, answer):
            explored.news += 1
            self.corpus.keep(name, one.case)
        foreign = sorted(crossed(seen, self._issued))
        if foreign:
            expected = f"its own data ({one.tag})"
            text = f"data of another invocation ({', '.join(foreign[:3])})"
            return Suspicion(Kind.CROSSED, name, "", expected, text)
        return judge(self.targets[name], seen, exceptions=self.plan.exceptions)

    def overhear(self, event: Event) -> None:
        """Learn from what the worker sends besides replies."""
        if not isinstance(event, Message) or self.transport.knows(event.data):
            return
        called = event.direction is Direction.FROM_WORKER and event.type == "invokefunction"
        if called and event.json.get("function_id") != ANNOUNCE:
            self.search.observe(event.json.get("data"))
            self.misuses.hear(event)

    def causes(self, function_id: str, most: int) -> list[Case]:
        """What may have left a function in a state: failures on data that it should take first."""
        recent = [*reversed(self._recent[function_id])]
        recent.sort(key=lambda one: (not one[1], one[0].valid is False))
        return [case for case, _ in recent][:most]

    def deadline(self, function_id: str) -> float:
        """Seconds until a missing reply is missing: generous, for nobody knows what it does."""
        harness = self.transport.harness
        granted = harness.settings.invoking.timeout(function_id)
        slowest = self._slowest.get(function_id, 0.0)
        longer = min(5 * slowest, slowest + harness.pace.handler)
        return max(harness.pace.handler, granted, longer)

    def usual(self, function_id: str) -> float:
        """Seconds in which a function that answers has answered so far, with a margin."""
        return min(2.0, max(PROMPT, 5 * self._slowest.get(function_id, 0.0)))


def answered(one: Pending, seen: Observation) -> Answer:
    """What a reply says, as far as the search uses it."""
    assert one.reply is not None
    try:
        body = msgspec.json.decode(one.reply)
    except (msgspec.DecodeError, RecursionError):
        return Answer("unreadable", delay=one.gap, log=seen.log)
    if not isinstance(body, dict):
        return Answer("unreadable", delay=one.gap, log=seen.log)
    error = body.get("error")
    if error is None:
        result = body.get("result")
        refusal = complaint(result)
        return Answer("result", "", refusal, result=result, delay=one.gap, log=seen.log)
    if not isinstance(error, dict):
        return Answer("error", message=str(error), delay=one.gap, log=seen.log)
    return Answer(
        "error",
        str(error.get("code", "")),
        str(error.get("message", "")),
        str(error.get("stacktrace") or ""),
        delay=one.gap,
        log=seen.log,
    )
