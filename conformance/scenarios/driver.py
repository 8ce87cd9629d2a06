"""Plays a scenario on a harness: makes its moves, and passes it the happenings.

The thin shell around ``play``. Deadlines are the suite's: they scale with the worker's own speed,
with ``--timeout-factor``, and with how busy the machine is.
"""

from __future__ import annotations

import asyncio
import base64
import json
import signal
import struct
import uuid
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

from websockets.frames import Opcode

from conformance.errors import Inconclusive
from conformance.scenarios.caller import ScenarioCaller
from conformance.scenarios.engines import equip, renew
from conformance.scenarios.happenings import Happening, Observer, Source
from conformance.scenarios.play import Do, Play, StepFailure, Wait
from conformance.scenarios.requesting import request
from conformance.scenarios.steps import WORKER, Never, Scenario, Step, Within
from conformance.subject.place import Run
from conformance.trials.harness import Harness
from mock_engine.transcript import Event
from mock_engine.wire import Frame

UNPAIRED = "backslashreplace"
"""How half of a surrogate pair is written: as JSON's own escape, because UTF-8 cannot express
it."""


@dataclass(frozen=True, slots=True)
class Played:
    """The result of a scenario: passed, or the step that failed and when, in seconds."""

    failure: StepFailure | None
    failed_at: float
    names: Mapping[str, Any]
    steps: int


async def perform(scenario: Scenario, names: Mapping[str, Any], harness: Harness) -> Played:
    """Play ``scenario``, with the values of ``names`` at its beginning.

    Raises:
        Inconclusive: the worker did not come up as it did before, so nothing was shown.
    """
    driver = Driver(scenario, names, harness)
    try:
        return await driver.run()
    finally:
        await driver.end()


class Driver:
    """Makes the moves of one play."""

    def __init__(self, scenario: Scenario, names: Mapping[str, Any], harness: Harness) -> None:
        self._harness = harness
        self._setting = scenario.setting
        self.play = Play(scenario, dict(names), lambda: str(uuid.uuid4()))
        self._observer = Observer()
        self._processes: dict[str, Run] = {}
        self._requests: set[asyncio.Task[None]] = set()
        self._faults: list[BaseException] = []
        self._caller: ScenarioCaller
        harness.transcript.listeners.append(self._see)

    async def run(self) -> Played:
        """Make every move until the play is over."""
        self._caller = await equip(self._harness, self._setting)
        while (move := self.play.move()) is not None:
            if isinstance(move, Wait):
                await self._wait(move)
            else:
                await self._do(move)
        return Played(
            self.play.failure,
            self._harness.transcript.now(),
            self.play.names,
            len(self.play.scenario.steps),
        )

    async def end(self) -> None:
        """Stop waiting for answers."""
        self._harness.transcript.listeners.remove(self._see)
        for task in self._requests:
            task.cancel()
        await asyncio.gather(*self._requests, return_exceptions=True)

    # -- what happens ----------------------------------------------------------------------------

    def _see(self, event: Event) -> None:
        for happening in self._observer.see(event):
            self.play.heard(happening)

    def _exited(self, name: str) -> None:
        code = self._processes[name].exit_code
        self._hear("exits", name, code)

    def _hear(self, kind: str, source: Source, value: Any) -> None:
        self.play.heard(Happening(self._harness.transcript.now(), kind, source, value))
        self._harness.notify()

    # -- moves -----------------------------------------------------------------------------------

    async def _wait(self, move: Wait) -> None:
        harness, began = self._harness, self._harness.transcript.now()
        patient = not isinstance(move.step, Never)
        await harness.until(
            lambda: self.play.settled or self._faults,
            self._seconds(move.step, move.within),
            patient=patient,
        )
        if self._faults:
            raise self._faults[0]
        self.play.waited(harness.transcript.now() - began)

    def _seconds(self, step: Step, within: Within) -> float:
        pace = self._harness.pace
        if within == "reconnect" and not self._harness.talk.workers:
            within = "appearance"
        if isinstance(within, str):
            return float(getattr(pace, within))
        factor = max(1.0, pace.factor) if isinstance(step, Never) else pace.factor
        return factor * (within or 0.0)  # silence shows no less on a fast machine

    async def _do(self, move: Do) -> None:
        acts: Mapping[str, Callable[[Do], Awaitable[None]]] = {
            "start": self._start,
            "ready": self._ready,
            "engine": self._send,
            "engine-frame": self._send_frame,
            "call": self._call,
            "http": self._http,
            "pause": self._pause,
            "fault": self._fault,
            "signal": self._signal,
            "restart": self._restart,
        }
        number = self.play.number
        await acts[move.step.kind](move)
        if self.play.failure is None and self.play.number == number:
            self.play.did()

    async def _start(self, move: Do) -> None:
        options, harness, name = move.what, self._harness, str(move.target)
        known = len(harness.talk.workers)
        first = not self._processes
        await harness.worker.start(options.get("env"))
        self._processes[name] = harness.worker.process
        self.play.started(name)
        if not harness.worker.running:
            self._exited(name)
        harness.worker.process.on_exit.append(lambda: self._exited(name))
        if options.get("ready", True):
            try:
                await (harness.presence.ready() if first else self._join(known))
            except Inconclusive as fault:
                if first:
                    raise
                self.play.failed("the new process registers what the first one did", str(fault))

    async def _join(self, known: int) -> None:
        """Wait until a further process of the worker is complete.

        Raises:
            Inconclusive: it is not.
        """
        harness = self._harness

        def complete() -> bool:
            fresh = harness.talk.workers[known:]
            return len(fresh) >= harness.baseline.workers and (
                harness.baseline.declared <= harness.talk.declared(fresh)
            )

        if not await harness.until(complete, harness.pace.appearance):
            raise Inconclusive("it did not connect and register all of it")

    async def _ready(self, move: Do) -> None:
        try:
            await self._harness.presence.ready()
        except Inconclusive as fault:
            self.play.failed("the worker is connected, with all that it registers", str(fault))

    async def _send(self, move: Do) -> None:
        text = json.dumps(move.what, ensure_ascii=False).encode("utf-8", UNPAIRED)
        number = self._connection(move)
        if number is not None:
            self._harness.connection(number).send_text(text)

    async def _send_frame(self, move: Do) -> None:
        number = self._connection(move)
        if number is not None:
            for frame in frames(move.what):
                self._harness.connection(number).send_frame(frame)

    def _connection(self, move: Do) -> int | None:
        """The open connection that a move is for; without one the step fails."""
        live = self._harness.workers
        if isinstance(move.target, int):
            number = move.target if move.target in live else None
        elif isinstance(move.what, Mapping) and "function_id" in move.what and live:
            number = self._harness.invoker.serving(str(move.what["function_id"]))
        else:
            number = live[-1] if live else None
        if number is None:
            self.play.failed("an open connection of the worker", "there is none any more")
        return number

    async def _pause(self, move: Do) -> None:
        await self._harness.until(lambda: False, move.what, patient=False)

    async def _fault(self, move: Do) -> None:
        self._harness.listener.play(move.what)

    async def _signal(self, move: Do) -> None:
        self._harness.worker.signal(signal.Signals[move.what], self._process(move))

    def _process(self, move: Do) -> Run:
        return self._processes.get(str(move.target)) or self._harness.worker.process

    async def _restart(self, move: Do) -> None:
        if move.what["what"] == "engine":
            self._caller = await renew(self._harness, self._setting, move.what["down"])
            return
        process = self._process(move)
        name = next(name for name, own in self._processes.items() if own is process)
        await self._harness.worker.end(process)
        await self._start(Do(move.step, {}, name or WORKER))

    # -- requests --------------------------------------------------------------------------------

    async def _call(self, move: Do) -> None:
        self._ask(move, self._caller.ask(move.what))

    async def _http(self, move: Do) -> None:
        self._ask(move, self._request(move.what))

    def _ask(self, move: Do, asking: Awaitable[Any]) -> None:
        async def ask() -> None:
            answer = await asking
            self._hear("answers", str(move.target), answer)

        task = asyncio.ensure_future(ask())
        self._requests.add(task)
        task.add_done_callback(self._asked)

    def _asked(self, task: asyncio.Task[None]) -> None:
        """Do not let a fault of the suite look like silence of the worker."""
        self._requests.discard(task)
        fault = None if task.cancelled() else task.exception()
        if fault is not None:
            self._faults.append(fault)
            self._harness.notify()

    async def _request(self, wanted: Mapping[str, Any]) -> dict[str, Any]:
        module = self._harness.engine.modules.get("iii-http")
        if module is None or module.url is None:
            return {"failure": "this scenario's engine has no module iii-http"}
        return await request(module.url, wanted, self._harness.pace.handler)


def frames(what: Mapping[str, Any]) -> list[Frame]:
    """The frames that an ``engine-frame`` step describes."""
    name = what.get("opcode", "close" if "code" in what else "text")
    opcode = Opcode.CONT if name == "continuation" else Opcode[name.upper()]
    data = _data(what)
    if opcode is Opcode.CLOSE:
        code = what.get("code")
        if code is not None:  # any, also those that no endpoint may send
            data = struct.pack("!H", code) + what.get("reason", "").encode()
    pieces = what.get("fragments", 1)
    if pieces <= 1:
        return [Frame(opcode, data, what.get("fin", True))]
    size = -(-len(data) // pieces) or 1
    cut = [data[start : start + size] for start in range(0, max(1, len(data)), size)]
    return [
        Frame(opcode if index == 0 else Opcode.CONT, piece, index == len(cut) - 1)
        for index, piece in enumerate(cut)
    ]


def _data(what: Mapping[str, Any]) -> bytes:
    if "base64" in what:
        return base64.b64decode(what["base64"])
    if "json" in what:
        return json.dumps(what["json"], ensure_ascii=False).encode("utf-8", UNPAIRED)
    return str(what.get("text", "")).encode("utf-8", "surrogatepass")
