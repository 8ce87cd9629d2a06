"""Functions that do not answer: whether they would eventually, and since when they do not.

Rules of this file:

* Waiting takes none of the campaign's time. A suspicion is one invocation that is overdue; the same
  input is sent again, and both are awaited while the campaign goes on. There is one suspicion at a
  time for a function.
* A function that answers late is slow and not silent, and is not reported.
* A function that answered before, and now answers nothing at all, was left in that state by an
  earlier invocation: it is sent what it is known to answer, and then that invocation is searched
  for.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field, replace

from conformance.fuzz.campaign.minimiser import HURRY, Minimiser
from conformance.fuzz.campaign.oracles import Kind, Observation, Suspicion, judge
from conformance.fuzz.campaign.replies import Replies
from conformance.fuzz.campaign.transport import Pending, Transport
from conformance.fuzz.campaign.triage import Triage
from conformance.fuzz.target import Case
from conformance.trials.load import load_factor

MOST_SENT = 4
"""How often a suspicion is sent again because the worker was restarted meanwhile."""

SHARE = 0.3
"""Share of a campaign's time for making silent inputs smaller; after that they are reported as they
are."""

MOST_CAUSES = 6
"""Invocations of a function that are tried as the cause of its state."""


@dataclass
class Silence:
    """A suspicion that a function does not answer ``case``; ``pending`` is sent to see that.

    ``first`` is the invocation that was overdue: it may still be answered. ``proven`` is what was
    shown not to be answered, twice; ``case`` may be a smaller one then.
    """

    first: Pending
    case: Case
    seen: Observation
    suspicion: Suspicion
    pending: Pending | None = None
    proven: Case | None = None
    sent: int = 0


@dataclass
class Silences:
    """The open suspicions, at most one per function."""

    transport: Transport
    replies: Replies
    minimiser: Minimiser
    triage: Triage
    open: dict[str, Silence] = field(default_factory=dict)
    _spent: float = 0.0
    _looked_at: set[tuple[str, int]] = field(default_factory=set)

    def __post_init__(self) -> None:  # noqa: D105 - says nothing beyond the class
        self._began = asyncio.get_running_loop().time()

    async def suspect(self, overdue: list[Pending]) -> None:
        """Open a suspicion for each function of which an invocation is overdue."""
        first: dict[str, Pending] = {}
        for one in overdue:
            name = one.case.function_id
            if name in self.open or first.setdefault(name, one) is not one:
                self.transport.forget(one)
        await self.look_for_stuck(first)
        for name, one in first.items():
            seen = self.transport.observation(one)
            suspicion = judge(self.minimiser.targets[name], seen)
            if suspicion is None:
                continue
            if one.case.answer or self.triage.plan.stop_at is not None:
                await self.triage.meet(one.case, suspicion, seen)
            elif self.triage.takes_up(suspicion):
                self.open[name] = Silence(one, one.case, seen, suspicion)

    def close(self) -> None:
        """Report what could not be shown in time."""
        for name, one in list(self.open.items()):
            self._give_up(name, one)

    async def follow_up(self) -> None:
        """Check each open suspicion; send what was not sent yet."""
        for name, one in list(self.open.items()):
            pending = one.pending
            if pending is None or pending.generation != self.transport.generation:
                if one.sent >= MOST_SENT or self.triage.closed:
                    self._give_up(name, one)
                else:
                    one.sent += 1
                    (one.pending,) = self.transport.send([one.case])
            elif pending.reply is not None or one.first.reply is not None:
                await self._answered(name, one)
            elif asyncio.get_running_loop().time() - pending.sent > self._patience(name):
                self.transport.forget(pending)
                await self._silent(name, one)

    def _patience(self, name: str) -> float:
        return self.replies.deadline(name) * load_factor()

    def _give_up(self, name: str, one: Silence) -> None:
        del self.open[name]
        if one.proven is not None:
            self._keep(one, [(one.proven, 1)], one.proven)
        else:
            self.triage.note_once(one.suspicion)

    async def _answered(self, name: str, one: Silence) -> None:
        """It was only slow, or its silence has another cause than its input."""
        del self.open[name]
        for sent in (one.first, one.pending):
            if sent is not None and sent.reply is not None:
                self.replies.take(sent, self.transport.observation(sent))
            elif sent is not None:
                self.transport.forget(sent)
        if one.proven is not None:
            await self._file(one, one.proven)

    async def _silent(self, name: str, one: Silence) -> None:
        """It was silent once more: make the input smaller, and see that be silent, too."""
        if one.proven is not None:
            del self.open[name]
            await self._file(one, one.case)
            return
        one.proven = one.case
        least = await self._smaller(one)
        if least == one.case:
            del self.open[name]
            await self._file(one, one.case)
        else:
            one.case, one.pending = least, None

    async def _smaller(self, one: Silence) -> Case:
        loop = asyncio.get_running_loop()
        began = loop.time()
        if self._spent > SHARE * (began - self._began) or self.triage.closed:
            return one.case
        least = await self.minimiser.least(one.case, one.suspicion)
        self._spent += loop.time() - began
        return least

    async def _file(self, one: Silence, case: Case) -> None:
        """Keep the finding, with the steps that lead a fresh worker to it."""
        steps = [(case, 1)]
        if not self.triage.closed:
            history = self.triage.before(one.seen.case)
            steps = await self.minimiser.leading_to(case, one.suspicion, history) or steps
        self._keep(one, steps, case)

    def _keep(self, one: Silence, steps: list[tuple[Case, int]], case: Case) -> None:
        found = self.minimiser.finding(one.suspicion, steps, one.seen, reproduced=True)
        found.at = one.seen.number
        self.triage.file(one.suspicion, found, case)

    # -- functions that answer nothing any more --------------------------------------------------

    async def look_for_stuck(self, lagging: dict[str, Pending]) -> None:
        """Exclude functions that answer nothing any more, and find the cause.

        Each is checked once in the life of a worker.
        """
        generation = self.transport.generation
        fresh = [name for name in lagging if (name, generation) not in self._looked_at]
        self._looked_at |= {(name, generation) for name in fresh}
        for name in await self._stuck(fresh) if fresh and not self.triage.closed else ():
            if await self._blame(lagging[name]):
                del lagging[name]

    async def _stuck(self, names: list[str]) -> set[str]:
        """Those that no longer answer even what they answered at once before."""
        known = [case for name in names if (case := self.replies.prompt.get(name)) is not None]
        if not known:
            return set()
        seen = await self.minimiser.ask(known, HURRY * load_factor())
        return {one.case.function_id for one in seen if one.reply is None and not one.deaf}

    async def _blame(self, one: Pending) -> bool:
        """Find the invocation after which the function answers nothing, on fresh workers."""
        name = one.case.function_id
        known = self.replies.prompt[name]
        suspicion = Suspicion(
            Kind.STUCK,
            name,
            "",
            f"an answer, as {known.text.decode('utf-8', 'replace')[:80]} had before",
            "none: after this invocation the function answers nothing any more",
        )
        if not self.triage.takes_up(suspicion):
            await self.minimiser.restart()
            return True
        for case in self.replies.causes(name, MOST_CAUSES):
            steps = [(known, 1), (case, 1), (known, 1)]
            last = await self._after(known, case)
            if last is not None:
                found = self.minimiser.finding(suspicion, steps, last, reproduced=True)
                found.at = one.number
                self.triage.file(suspicion, found, case)
                return True
        return False

    async def _after(self, known: Case, case: Case) -> Observation | None:
        """The observation, if ``case`` keeps a fresh worker from answering what it answered before.

        ``case`` must be over: until then a correct function may keep others waiting.
        """
        await self.minimiser.restart()
        brief = HURRY * load_factor()
        (before,) = await self.minimiser.ask([known], brief)
        if before.reply is None:
            return None
        (done,) = await self.minimiser.ask([case], brief)
        if done.reply is None:
            return None
        again = [replace(known), replace(known)]
        seen = await self.minimiser.ask(again, brief)
        silent = all(one.reply is None and not one.deaf for one in seen)
        return seen[-1] if silent and await self.minimiser.listens() else None
