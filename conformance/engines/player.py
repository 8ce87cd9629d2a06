"""Plays a probe to an engine, and stops when the answers differ from the recording."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from conformance.engines.address import Address
from conformance.engines.comparing import Came, compare, expected
from conformance.engines.pattern import Fit, Mismatch
from conformance.engines.probe import Probe, Recording, action
from conformance.engines.script import SILENT, Script
from mock_engine.transcript import Event, Transcript

QUIET = 0.06
"""Seconds without a frame after which a step is over, if it is known what must come."""

QUIET_RECORDING = 0.22
"""The same if it is not known. The longest pause seen within a step is 0.1 s."""

PATIENT, IMPATIENT = 8.0, 1.5
"""Seconds within which what was recorded for a step must come: while the engine is trusted to send
it, and after it kept several steps waiting in vain. An engine answers within 0.1 s."""

LOSSES = 4
"""How many steps may wait in vain before later ones wait for a shorter time."""

LOOK = 0.5
"""Seconds after which a waiting step checks whether its time is up."""

SHOWN = 300


@dataclass(slots=True)
class Patience:
    """How long to wait for an engine, by what it has shown. ``factor`` is for slow machines."""

    factor: float = 1.0
    losses: int = 0

    @property
    def seconds(self) -> float:
        """How long to wait for what was recorded of one step."""
        return self.factor * (PATIENT if self.losses < LOSSES else IMPATIENT)


@dataclass(frozen=True, slots=True)
class Difference:
    """Where an engine differed: the number of the step, what it did, and what came."""

    step: int
    action: str
    mismatch: Mismatch

    def told(self) -> str:
        """The difference in words."""
        found = self.mismatch
        return (
            f"step {self.step}, {self.action}\n{found.path}:\n"
            f"  recorded {found.recorded}\n  seen     {found.seen}"
        )


@dataclass(frozen=True, slots=True)
class Played:
    """The result of playing a probe.

    ``wording`` are differences in wording alone; ``steps`` is what came, by the number of the step,
    and ``names`` are the values of the script's names. ``events`` are those of the step that
    differed.
    """

    difference: Difference | None
    wording: tuple[Difference, ...]
    steps: Mapping[int, Came]
    names: Mapping[str, str]
    events: tuple[Event, ...] = ()


@dataclass(frozen=True, slots=True)
class EngineHarness:
    """The harness of a probe: an engine at an address, and a transcript of the messages.

    There is no waiting for an engine that is no longer ``alive``.
    """

    address: Address
    transcript: Transcript = field(default_factory=Transcript)
    patience: Patience = field(default_factory=Patience)
    alive: Callable[[], bool] = lambda: True


async def play(probe: Probe, recording: Recording | None, harness: EngineHarness) -> Played:
    """Play a probe; without a recording, what comes is only gathered.

    Raises:
        Inconclusive: the probe cannot be played to this engine.
    """
    player = _Player(probe, recording, harness)
    try:
        return await player.run()
    finally:
        await player.script.end()


@dataclass
class _Player:
    probe: Probe
    recording: Recording | None
    harness: EngineHarness
    steps: dict[int, Came] = field(default_factory=dict)
    wording: list[Difference] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._came = Came()
        self._gathered = Came()
        self._fit = Fit()
        self._news = asyncio.Event()
        address, self.transcript = self.harness.address, self.harness.transcript
        self.script = Script(
            self.probe, address, self.transcript, self._note, self._serve, self._answer
        )

    async def run(self) -> Played:
        for number, step in enumerate(self.probe.steps, 1):
            self._came = self.steps[number] = Came()
            began = len(self.transcript.events)
            kind, options = action(step)
            mismatch = await self._do(kind, options, number, step)
            if mismatch is not None:
                events = tuple(self.transcript.events[began:])
                return self._played(Difference(number, _told(step), mismatch), events)
        return await self._finish()

    async def _do(
        self, kind: str, options: Any, number: int, step: Mapping[str, Any]
    ) -> Mismatch | None:
        """Do one step, wait until it is over, and compare what came."""
        try:
            shown = await self.script.perform(kind, options, number) or {}
        except ConnectionError as fault:
            return Mismatch("the connection", "it is open", str(fault))
        for part, value in shown.items():
            getattr(self._came, part).update(value)
        recorded = self.recording.step(number) if self.recording else {}
        if kind not in SILENT:
            await self._settle(expected(recorded), step.get("quiet"))
        return self._compare(self._came, number, _told(step))

    async def _finish(self) -> Played:
        """Compare what was gathered over all steps."""
        number = len(self.probe.steps) + 1
        if not self.probe.gathered:
            return self._played(None)
        self._came = self.steps[number] = self._gathered
        recorded = self.recording.step(number) if self.recording else {}
        await self._settle(0 if self.probe.deduped else expected(recorded), None)
        mismatch = self._compare(self._gathered, number, "gathered")
        if mismatch is None:
            return self._played(None)
        told = "what came in all steps together"
        return self._played(Difference(number, told, mismatch), tuple(self.transcript.events))

    def _played(self, difference: Difference | None, events: tuple[Event, ...] = ()) -> Played:
        wording = tuple(self.wording)
        return Played(difference, wording, self.steps, dict(self.script.names), events)

    def _compare(self, came: Came, number: int, told: str) -> Mismatch | None:
        if self.recording is None:
            return None
        known = len(self._fit.wording)
        recorded = self.recording.step(number)
        mismatch = compare(came, recorded, self.probe, self.script.names, self._fit)
        self.wording += [Difference(number, told, each) for each in self._fit.wording[known:]]
        return mismatch

    # -- what comes in ---------------------------------------------------------------------------

    def _note(self, connection: str, frame: Any) -> None:
        if isinstance(frame, dict) and frame.get("type") == "workerregistered":
            names = {"worker_id": "worker_id", "reattach_token": "token"}
            for key, name in names.items():
                if isinstance(frame.get(key), str):
                    self.script.names[f"{connection}.{name}"] = frame[key]
        gathered = connection in self.probe.gathered
        target = self._gathered if gathered else self._came
        target.frames.setdefault(connection, []).append(frame)
        self._news.set()

    def _serve(self, name: str, request: Any) -> None:
        self._came.served.setdefault(name, []).append(request)
        self._news.set()

    def _answer(self, answer: Any) -> None:
        self._came.http.append(answer)

    async def _settle(self, wanted: int, quiet: float | None) -> None:
        """Wait for what was recorded, for answers in progress, and then until nothing comes.

        A step with a ``quiet`` time of its own, in milliseconds, waits for no answers, nor does
        any later step wait for those.
        """
        usual = QUIET if self.recording is not None else QUIET_RECORDING
        pause = usual if quiet is None else quiet / 1000
        loop = asyncio.get_running_loop()
        began, patience = loop.time(), self.harness.patience
        while True:
            self._news.clear()
            lacks = self._came.count() < wanted
            waits = lacks and loop.time() < began + patience.seconds and self.harness.alive()
            try:
                await asyncio.wait_for(self._news.wait(), LOOK if waits else pause)
            except TimeoutError:
                connections = self.script.connections.values()
                due = any(connection.answering for connection in connections)
                if not waits and (quiet is not None or not due):
                    break
        if lacks:
            patience.losses += 1
        for connection in self.script.connections.values():
            connection.answering.clear()


def _told(step: Mapping[str, Any]) -> str:
    """A step as text: its action, shortened."""
    kind, options = action(step)
    text = options if isinstance(options, str) else json.dumps(options, ensure_ascii=False)
    return f"{kind} {text}"[:SHOWN]
