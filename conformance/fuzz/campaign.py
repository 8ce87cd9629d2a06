"""A campaign: invocations without end, each judged, until time or number is up."""

from __future__ import annotations

import asyncio
from collections import Counter, deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import Any

import msgspec
import psutil

from conformance.conversation import ANNOUNCE
from conformance.crowding import crowding
from conformance.fuzz.finding import Explored, Finding, Report
from conformance.fuzz.growth import Growth
from conformance.fuzz.inquiry import Inquiry
from conformance.fuzz.line import Line, Pending
from conformance.fuzz.oracles import Kind, Observation, Suspicion, crossed, judge
from conformance.fuzz.pool import Pool
from conformance.fuzz.search import HTTP, Answer, Search
from conformance.fuzz.target import Input, targets
from conformance.stage import Stage
from conformance.trial import Unmet
from mock_engine.transcript import Direction, Event, Message

HISTORY = 300
"""Inputs before a suspicion that may have led to it."""

REMEMBERED = 10 * HISTORY
"""Inputs of which that is cut: some suspicions come late."""

PATIENCE = 1.0
"""Seconds for a batch before those that lag behind are waited for on the side."""

SHORT_PATIENCE = 0.04
"""The same when only functions lag that are known to."""

SPARED = 8
"""Ends of the worker after which a function is fuzzed in every eighth batch only."""

ODD = 16
"""Inputs that no engine would deliver which are sent at a time."""

MOST_LATE = 3
"""Invocations of a function that lag, after which it is left in peace until it is known why."""
AFTERMATH = 30.0
"""Seconds beyond the end of a campaign for looking into what it met."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What a campaign is to do.

    It lasts ``seconds`` or ``count`` invocations of functions that match ``patterns``, ``window``
    of them in flight at a time; ``stop_at`` so many suspicions it ends, without looking into
    them, and after ``enough`` findings it ends, too.
    ``exceptions`` is whether unexpected exceptions on valid data are findings; ``steered`` false
    leaves out all that learns, for comparison.
    """

    seed: int
    seconds: float | None = None
    count: int | None = None
    window: int = 64
    patterns: tuple[str, ...] = ()
    exceptions: bool = True
    steered: bool = True
    traffic: Mapping[str, tuple[Any, ...]] = field(default_factory=dict)
    stop_at: int | None = None
    enough: int = 40


class Campaign:
    """Fuzzes the worker of a stage; ``tell`` hears of the progress."""

    def __init__(
        self, plan: Plan, pool: Pool, tell: Callable[[Report], None] = lambda _: None
    ) -> None:
        self.plan = plan
        self.report = Report(plan.seed)
        self._pool = pool
        self._tell = tell
        self._causes: dict[tuple[Kind, str, str], Finding] = {}
        self._looked_at: dict[tuple[Kind, str], int] = {}
        self._history: deque[Input] = deque(maxlen=REMEMBERED)
        self._late: list[Pending] = []
        self._casualties: list[Pending] = []
        self._odd: list[Input] = []
        self._ends: Counter[str] = Counter()
        self._batches = 0
        self._slowest: dict[str, float] = {}
        self._issued: set[str] = set()
        self._watched = 0

    async def play(self, stage: Stage) -> Report:
        """Run the campaign.

        Raises:
            Unmet: the worker has no function that may be fuzzed, or is not ready.
        """
        self._stage = stage
        permitted = {
            name: body
            for name, body in stage.baseline.functions.items()
            if stage.obstacle(name) is None
        }
        self.report.withheld = stage.withheld()
        self._targets = targets(permitted, self.plan.patterns)
        if not self._targets:
            raise Unmet(self._nothing(permitted))
        await stage.start()
        await stage.ready()
        self._line = Line(stage)
        self._search = Search(
            self._targets, self.plan.seed, self._seeds(), steered=self.plan.steered
        )
        self._inquiry = Inquiry(
            self._line, self._targets, self._restart, self._deadline, self.plan.exceptions
        )
        stage.transcript.listeners.append(self._overhear)
        self._growth = Growth(self._line, self._inquiry)
        self._began = asyncio.get_running_loop().time()
        try:
            await self._run()
            await self._wait_for_late(final=True)
            if not self._over_time():
                for suspicion, given in await self._growth.climbs(self._search):
                    self._file(suspicion, self._growth.finding(suspicion, given), given)
        finally:
            self._conclude()
        return self.report

    def _nothing(self, permitted: Mapping[str, Any]) -> str:
        if self.plan.patterns:
            names = ", ".join(sorted(permitted)[:8]) or "none"
            wanted = ", ".join(self.plan.patterns)
            return f"no function matches {wanted}; the worker registers: {names}"
        return "the worker registers no function that may be fuzzed"

    def _seeds(self) -> dict[str, list[Any]]:
        """What is known of sensible data: the user's examples, traffic, samples, HTTP requests."""
        seeds: dict[str, list[Any]] = {}
        samples = dict(self._stage.samples())
        for name in self._targets:
            given = self._stage.settings.invoking.functions.get(name)
            known = [*(given.examples if given else ()), *self.plan.traffic.get(name, ())]
            seeds[name] = [*known, samples.get(name, {})]
        for registration in self._stage.talk.registrations:
            body = registration.message.json
            name = body.get("function_id")
            if name in seeds and body.get("trigger_type") in ("http", "api"):
                seeds[name].append(HTTP)
        for name, value in self._pool.inputs():
            if name in seeds:
                seeds[name].append(value)
        return seeds

    # -- the loop --------------------------------------------------------------------------------

    async def _run(self) -> None:
        size = max(1, self.plan.window // 2)
        flying: deque[list[Pending]] = deque()
        while not self._over():
            while len(flying) < (2 if self.plan.window > 1 else 1):
                flying.append(self._send(size))
            self._batches += 1
            await self._land(flying.popleft())
            if not self._stage.process.running or not self._stage.workers:
                await self._interrupted([one for batch in flying for one in batch])
                flying.clear()
            await self._wait_for_late(final=self._resting() >= set(self._targets))
            if len(self._odd) >= ODD:
                while flying:
                    await self._land(flying.popleft())
                await self._try_odd()
            if self._batches % 16 == 0:
                self._growth.sample()
                self._tell(self.report)
                await asyncio.sleep(0)
            if self._batches % 64 == 0:
                for name, value in self._pool.news():
                    self._search.share(name, value)
        for batch in flying:
            await self._land(batch)
        await self._try_odd()

    async def _try_odd(self) -> None:
        """Send what no engine would deliver, while nothing else is on its way.

        Nothing is said of how a worker answers that, or whether; one that does not survive it is
        no wrong one either, but its owner may want to know.
        """
        odd, self._odd = self._odd, []
        sent = self._line.send(odd)
        await self._line.wait(sent, SHORT_PATIENCE)
        for one in sent:
            self._line.forget(one)
        alive = self._stage.process.running and bool(self._stage.workers)
        if odd and not (alive and await self._inquiry.listens()):
            origins = sorted({one.origin.rpartition(": ")[2] for one in odd})
            self._note(f"it does not survive data that no engine delivers: {', '.join(origins)}")
            await self._restart()

    def _note(self, text: str) -> None:
        if text.partition(":")[0] not in {note.partition(":")[0] for note in self.report.notes}:
            self.report.notes.append(text)

    def _send(self, size: int) -> list[Pending]:
        if self.plan.count is not None:
            size = max(1, min(size, self.plan.count - self._line_sent()))
        drawn = self._search.batch(size, self._resting() | self._costly())
        self.report.invocations += len(drawn)
        inputs = [one for one in drawn if one.deliverable]
        self._odd += [one for one in drawn if not one.deliverable]
        self._history.extend(inputs)
        sent = self._line.send(inputs)
        self._issued.update(one.tag for one in sent if one.tag)
        if len(self._issued) > 100_000:
            self._issued = {one.tag for one in sent if one.tag}
        return sent

    def _line_sent(self) -> int:
        return self.report.invocations

    def _over(self) -> bool:
        if len(self._causes) >= self.plan.enough:
            return True
        if self.plan.stop_at is not None and self._watched >= self.plan.stop_at:
            return True
        if self.plan.count is not None and self.report.invocations >= self.plan.count:
            return True
        now = asyncio.get_running_loop().time()
        return self.plan.seconds is not None and now - self._began >= self.plan.seconds

    def _over_time(self) -> bool:
        now = asyncio.get_running_loop().time()
        limit = self.plan.seconds
        return limit is not None and now - self._began > limit + AFTERMATH

    async def _land(self, batch: list[Pending]) -> None:
        """Wait for a batch, judge it and learn from it, in the order in which it was sent."""
        slow = self._resting(1) | self._silent()
        prompt = [one for one in batch if one.given.function_id not in slow]
        await self._line.wait(prompt, PATIENCE)
        await self._line.wait(batch, SHORT_PATIENCE)
        log = self._line.fresh_log()
        last = batch[-1].number if batch else 0
        suspects: list[tuple[Pending, Suspicion, Observation]] = []
        for one in batch:
            if one.reply is None:
                self._miss(one)
                continue
            seen = self._line.observation(one, log if one.number == last else ())
            suspicion = self._take(one, seen)
            if suspicion is not None:
                suspects.append((one, suspicion, seen))
        for one, suspicion, seen in suspects:
            await self._meet(one.given, suspicion, seen)
        await self._meet_seconds()

    def _miss(self, one: Pending) -> None:
        """One of a batch has no reply: its connection is gone, or it lags."""
        if one.over or not self._stage.process.running:
            self._casualties.append(one)
        else:
            self._lag(one)

    async def _meet_seconds(self) -> None:
        """Judge replies that came a second time."""
        for one in tuple(self._line.twice):
            seen = self._line.observation(one)
            again = judge(self._targets[one.given.function_id], seen)
            if again is not None:
                await self._meet(one.given, again, seen)
        self._line.twice.clear()

    def _resting(self, most: int = MOST_LATE) -> set[str]:
        """Functions of which so many invocations lag."""
        late = Counter(one.given.function_id for one in self._late)
        return {name for name, count in late.items() if count >= most}

    def _costly(self) -> set[str]:
        """Functions that ended the worker often in a known way: most batches spare them."""
        if self._batches % SPARED == 0:
            return set()
        return {name for name, count in self._ends.items() if count >= SPARED}

    def _silent(self) -> set[str]:
        """Functions that are known to answer nothing at times."""
        return {f.suspicion.function_id for f in self.report.findings if f.kind is Kind.SILENT}

    def _lag(self, one: Pending) -> None:
        """Await one that is not answered with its batch, unless its function is known for it."""
        silences = [f for f in self.report.findings if f.kind is Kind.SILENT and f.reproduced]
        known = next(
            (f for f in silences if f.suspicion.function_id == one.given.function_id), None
        )
        if known is None:
            self._late.append(one)
            return
        known.hits += 1
        self._line.forget(one)
        self._search.learn(one.given, Answer("silence"))

    def _take(self, one: Pending, seen: Observation) -> Suspicion | None:
        """Learn from a reply, and judge it."""
        assert one.reply is not None
        name = one.given.function_id
        explored = self.report.explored.setdefault(name, Explored())
        explored.inputs += 1
        explored.replies += 1
        self._slowest[name] = max(self._slowest.get(name, 0.0), one.came - one.sent)
        answer = answered(one, seen)
        explored.results += answer.outcome == "result"
        explored.errors += answer.outcome == "error"
        if self._search.learn(one.given, answer):
            explored.news += 1
            self._pool.keep(name, one.given)
        foreign = sorted(crossed(seen, self._issued))
        if foreign:
            expected = f"its own data ({one.tag})"
            told = f"data of another invocation ({', '.join(foreign[:3])})"
            return Suspicion(Kind.CROSSED, name, "", expected, told)
        return judge(self._targets[name], seen, exceptions=self.plan.exceptions)

    def _overhear(self, event: Event) -> None:
        """Learn from what the worker sends to others."""
        if not isinstance(event, Message) or self._line.knows(event.data):
            return
        called = event.direction is Direction.FROM_WORKER and event.type == "invokefunction"
        if called and event.json.get("function_id") != ANNOUNCE:
            self._search.observe(event.json.get("data"))

    # -- what does not come ----------------------------------------------------------------------

    def _deadline(self, function_id: str) -> float:
        """Seconds until a missing reply is missing: generous, for nobody knows what it does."""
        granted = self._stage.settings.invoking.timeout(function_id)
        slowest = self._slowest.get(function_id, 0.0)
        return max(self._stage.pace.handler, granted, 5 * slowest)

    async def _wait_for_late(self, *, final: bool) -> None:
        loop = asyncio.get_running_loop()
        while True:
            still: list[Pending] = []
            for one in self._late:
                if one.generation != self._line.generation:
                    continue
                if one.reply is not None:
                    suspicion = self._take(one, self._line.observation(one))
                    if suspicion is not None:
                        await self._meet(one.given, suspicion, self._line.observation(one))
                elif loop.time() - one.sent > self._deadline(one.given.function_id) * crowding():
                    await self._overdue(one)
                elif one.over and self._stage.process.running:
                    continue
                else:
                    still.append(one)
            self._late = still
            if not still or not self._stage.process.running or not final:
                return
            await self._line.wait(still, 0.25)

    async def _overdue(self, one: Pending) -> None:
        self._line.forget(one)
        if not await self._inquiry.listens():
            await self._interrupted([one])
            return
        seen = self._line.observation(one)
        self._search.learn(one.given, Answer("silence"))
        suspicion = judge(self._targets[one.given.function_id], seen)
        if suspicion is not None:
            await self._meet(one.given, suspicion, seen)

    async def _interrupted(self, flying: Iterable[Pending]) -> None:
        """The worker ended, went deaf or dropped its connection: find out what did it."""
        exit_code = self._stage.process.exit_code
        if exit_code is None:
            await self._stage.until(lambda: not self._stage.process.running, 0.3, patient=False)
            exit_code = self._stage.process.exit_code
        everyone = [*self._casualties, *self._late, *flying]
        lost = [one for one in everyone if one.generation == self._line.generation]
        self._casualties = []
        self._late = []
        candidates = sorted(
            {id(o): o for o in lost if o.reply is None}.values(), key=lambda o: o.number
        )
        log = self._line.fresh_log() or tuple(self._stage.process.output.tail(15))
        cut = any(one.connection is None or not one.connection.is_open for one in candidates)
        dropped = exit_code is None and (cut or not self._stage.workers)
        deaf = exit_code is None and not dropped
        first = candidates[0] if candidates else None
        given = first.given if first else (self._history[-1] if self._history else None)
        await self._restart()
        if given is None:
            return
        seen = Observation(
            given,
            "",
            None,
            first.number if first else 0,
            exit_code=exit_code,
            dropped=dropped,
            deaf=deaf,
            log=log,
        )
        suspicion = judge(self._targets[given.function_id], seen)
        assert suspicion is not None
        known = self._known_end(suspicion, {one.given.function_id for one in candidates})
        if known is not None:
            known.hits += 1
            dear = SPARED // 2 if suspicion.kind is Kind.DEAF else 1  # it takes seconds to notice
            self._ends[known.suspicion.function_id] += dear
            return
        await self._convict(candidates, suspicion, seen)

    async def _convict(
        self, candidates: Sequence[Pending], suspicion: Suspicion, seen: Observation
    ) -> None:
        """Ask each that may have done it, one at a time, until one does it again."""
        await self._inquiry.ask([])
        for one in candidates[:80]:
            (again,) = await self._inquiry.ask([one.given], 2.0)
            found = self._inquiry.suspect(again)
            if found is not None and found.kind.ends_the_worker:
                again = replace(again, number=one.number)
                self._search.learn(one.given, Answer(f"end {found.cause}"))
                await self._meet(one.given, found, again)
                return
        await self._meet(seen.given, suspicion, seen)

    # -- findings --------------------------------------------------------------------------------

    def _known(self, suspicion: Suspicion) -> Finding | None:
        return self._causes.get((suspicion.kind, suspicion.function_id, suspicion.cause))

    def _known_end(self, suspicion: Suspicion, functions: set[str]) -> Finding | None:
        """A finding of the same end, of a function that may have brought it about again."""
        for finding in self.report.findings:
            same = finding.suspicion.cause == suspicion.cause or suspicion.kind is not Kind.CRASH
            if (
                finding.kind is suspicion.kind
                and same
                and finding.suspicion.function_id in functions
            ):
                return finding
        return None

    async def _meet(self, given: Input, suspicion: Suspicion, seen: Observation) -> None:
        """A suspicion: count it when its cause is known, look into it otherwise."""
        known = self._known(suspicion)
        if known is not None:
            known.hits += 1
            self._ends[suspicion.function_id] += suspicion.kind.ends_the_worker
            return
        group = (suspicion.kind, suspicion.function_id)
        self._looked_at[group] = self._looked_at.get(group, 0) + 1
        if self._looked_at[group] > 5 or self._over_time():
            return
        self._watched += 1
        at = seen.number or self.report.invocations
        if suspicion.kind is Kind.CROSSED:
            finding = await self._really_crossed(given, suspicion, seen)
            if finding is None:
                return
        elif self.plan.stop_at is not None:
            finding = Finding(suspicion, (), reproduced=False)
        else:
            finding = await self._inquiry.settle(given, suspicion, seen, self._before(given))
        finding.at = at
        self._file(suspicion, finding, given)

    def _before(self, given: Input) -> list[Input]:
        """The inputs that were sent just before this one."""
        history = list(self._history)
        place = next((n for n, one in enumerate(history) if one is given), len(history))
        return history[max(0, place - HISTORY) : place]

    def _file(self, suspicion: Suspicion, finding: Finding, given: Input) -> None:
        self._causes[suspicion.kind, suspicion.function_id, suspicion.cause] = finding
        least = (suspicion.kind, [(s.function_id, s.data, s.times) for s in finding.steps])
        for other in self.report.findings:
            same = (other.kind, [(s.function_id, s.data, s.times) for s in other.steps])
            if same == least and finding.steps:
                other.hits += 1
                return
        self.report.findings.append(finding)
        self._pool.keep(given.function_id, given)
        self._tell(self.report)

    async def _really_crossed(
        self, given: Input, suspicion: Suspicion, seen: Observation
    ) -> Finding | None:
        """Whether another's data came by mistake, and not from a memory that the function has.

        Asked alone, a function that remembers answers with what it remembers again; one that
        mixes up its invocations gives the data back that it was given.
        """
        (alone,) = await self._inquiry.ask([given])
        if alone.reply is None or not alone.tag or alone.tag.encode() not in alone.reply:
            what = "answers with data of earlier invocations: a store, or a leak"
            note = f"{given.function_id} {what}"
            self._note(note)
            return None
        return self._inquiry._finding(suspicion, [(given, 1)], seen, reproduced=False)  # noqa: SLF001

    async def _restart(self) -> None:
        """Give the worker a fresh process."""
        self.report.restarts += 1
        await self._stage.process.kill()
        await self._stage.until(lambda: not self._stage.workers, 5.0)
        self._line.restarted()
        self._late = []
        await self._stage.start()
        await self._stage.ready()
        self._growth.restarted()

    def _conclude(self) -> None:
        report = self.report
        report.seconds = asyncio.get_running_loop().time() - self._began
        report.asked_again = self._inquiry.asked
        for name, one in self._search.fields.items():
            explored = report.explored.setdefault(name, Explored())
            explored.news = len(one.news)
            learned = [field for field, _ in one.names.most_common(12)]
            explored.learned = tuple(learned)
            target = self._targets[name]
            if target.generator is not None:
                explored.format = "declared"
            elif target.unsupported:
                explored.format = f"not usable: {target.unsupported}"
            else:
                explored.format = "none declared"
        for finding in report.findings:
            report.kinds[finding.kind.value] += 1
        with suppress(psutil.Error):
            self._tell(report)


def answered(one: Pending, seen: Observation) -> Answer:
    """What a reply says, as far as it steers the search."""
    assert one.reply is not None
    try:
        body = msgspec.json.decode(one.reply)
    except (msgspec.DecodeError, RecursionError):
        return Answer("unreadable", delay=one.gap, log=seen.log)
    if not isinstance(body, dict):
        return Answer("unreadable", delay=one.gap, log=seen.log)
    error = body.get("error")
    if error is None:
        return Answer("result", result=body.get("result"), delay=one.gap, log=seen.log)
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
