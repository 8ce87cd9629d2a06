"""Where a trial is played: one engine, one worker, and the means to wait for what happens."""

from __future__ import annotations

import asyncio
import json
import uuid
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from conformance.baseline import Baseline
from conformance.conversation import Conversation
from conformance.crowding import crowding
from conformance.door import AnyPath, Tap
from conformance.invoking import PREFIX
from conformance.news import News
from conformance.pace import PERSON
from conformance.settings import Settings
from conformance.subject.place import Place, Run, Start
from conformance.subject.process import describe_exit
from conformance.trial import Unmet
from mock_engine.config import Config, ModuleConfig
from mock_engine.engine import Engine
from mock_engine.transcript import Event, FrameSeen, Message, Transcript
from mock_engine.wire import Connection, Listener

ABSENT = "conformance::no-such-function"
"""A function id that no worker registers."""

OFFERED = Config(
    modules=tuple(
        ModuleConfig(name, {}, 0) for name in ("iii-state", "iii-stream", "iii-queue", "iii-pubsub")
    )
)
"""What a worker finds in the suite's engine, in memory. No module listens, and none acts by the
clock: routes and schedules are judged as they are registered."""


@dataclass(frozen=True, slots=True)
class Invocation:
    """An invocation that was sent to a worker at ``at`` seconds."""

    id: str
    function_id: str
    connection: int
    at: float


class Stage:
    """One engine and one worker, which meet in ``place``.

    ``baseline`` is what earlier runs showed; ``port`` 0 is a free one. ``starting`` bounds how
    many workers start at a time: a crowd of them would be slower than the one that was timed.
    ``until`` waits as ``News.until`` does, for events of the transcript and exits of the worker;
    ``tell`` has those who wait look again.
    """

    def __init__(
        self,
        settings: Settings,
        baseline: Baseline,
        place: Place,
        *,
        port: int = 0,
        starting: asyncio.Semaphore | None = None,
    ) -> None:
        self.settings = settings
        self.baseline = baseline
        self.pace = baseline.pace
        self.transcript = Transcript()
        self.talk = Conversation()
        self.engine = Engine(OFFERED)
        self.door = AnyPath(self.engine.workers, self._spared)
        self.place = place
        self.listener = self.listener_on(port)
        self.extra_listener: Listener | None = None
        self._starting = starting or asyncio.Semaphore()
        self._starts: set[asyncio.Task[None]] = set()
        self._processes: list[Run] = []
        self._news = News()
        self.tell, self.until = self._news.tell, self._news.until
        self.transcript.listeners.append(self._follow)

    def listener_on(self, port: int) -> Listener:
        """A port of the engine that the worker can reach; it does not listen yet."""
        return Listener(
            self.door,
            self.place.listens_on,
            port,
            transcript=self.transcript,
            bind=self.place.bind,
        )

    @property
    def _listeners(self) -> list[Listener]:
        return [each for each in (self.listener, self.extra_listener) if each is not None]

    # -- the worker's process --------------------------------------------------------------------

    @property
    def process(self) -> Run:
        """The newest run of the worker."""
        return self._processes[-1]

    @property
    def exit_code(self) -> int | None:
        """How the newest process of the worker ended, if one was started and has."""
        return self._processes[-1].exit_code if self._processes else None

    @property
    def log(self) -> list[str]:
        """The last lines of each run of the worker, in order."""
        return [line for process in self._processes for line in process.output.tail(40)]

    def output(self) -> Iterator[str]:
        """All that is kept of what the worker wrote, a heading before each of its processes."""
        for process in self._processes:
            code = process.exit_code
            ended = "runs" if code is None else describe_exit(code)
            yield f"# {process.name}: {ended}"
            if process.output.dropped:
                yield f"# {process.output.dropped} lines before these were dropped"
            for line in process.output.lines:
                yield f"{line.at:9.3f} s  {line.text}"

    async def start(self, also: Mapping[str, str] | None = None, query: str = "") -> None:
        """Listen, unless that is so already, and start the worker.

        ``also`` are further variables of its environment; ``query`` is added to the address.
        """
        if not self.listener.has_port:
            await self.listener.listen()
        await self._starting.acquire()
        start = asyncio.ensure_future(self._let_others_start(len(self.talk.workers)))
        self._starts.add(start)
        start.add_done_callback(lambda _: self._starting.release())
        process = await self.place.start(
            Start(
                self.listener.port,
                self.transcript.now,
                self.settings.variables,
                {**self.settings.environment, **(also or {})},
                query,
            )
        )
        process.on_exit.append(self.tell)
        self._processes.append(process)

    async def _let_others_start(self, spoke: int) -> None:
        """Wait until the worker that is being started speaks, or has had its time for that."""
        seconds = 0.5 + 2 * self.baseline.pace.startup
        await self.until(lambda: len(self.talk.workers) > spoke, seconds)

    async def restart(self) -> None:
        """Kill the worker and start it anew.

        Raises:
            Unmet: it does not come back complete.
        """
        await self.process.kill()
        await self.until(lambda: not self.workers, self.pace.settle)
        await self.start()
        await self.ready()

    async def remaining(self) -> tuple[str, ...]:
        """What of the worker still runs after a moment to settle, in words."""
        return await self.process.remaining(self.pace.settle * crowding())

    async def close(self) -> None:
        """Kill the worker and stop the engine."""
        for start in self._starts:
            start.cancel()
        for process in self._processes:
            await process.kill()
        for listener in self._listeners:
            await listener.stop()
        await self.engine.stop()
        await self.place.close()

    # -- what happens ----------------------------------------------------------------------------

    def let_through(self, tap: Tap) -> None:
        """Let ``tap`` converse with the worker; what it says and hears is not followed here."""
        self.door.tap = tap
        self.transcript.keep = False

    def _follow(self, event: Event) -> None:
        tap = self.door.tap
        if tap is not None and (
            isinstance(event, FrameSeen) or (isinstance(event, Message) and tap.knows(event.data))
        ):
            return
        self.talk.add(event)
        self.tell()

    # -- the worker's connections ----------------------------------------------------------------

    @property
    def workers(self) -> list[int]:
        """The open connections of workers."""
        return self.talk.live_workers

    def connection(self, number: int) -> Connection:
        """The connection with this number.

        Raises:
            Unmet: it is gone.
        """
        for listener in self._listeners:
            if number in listener.connections:
                return listener.connections[number]
        raise Unmet(f"the worker's connection #{number} ended before the trial was through")

    def websockets(self) -> list[Connection]:
        """Every open WebSocket, telemetry included."""
        return [c for each in self._listeners for c in each.connections.values() if c.is_open]

    async def spoke(self) -> bool:
        """Wait until a worker has sent its first message; false when none did in time."""
        within = self.pace.appearance if self.settings.subject.starts else PERSON
        await self.until(lambda: self.talk.workers or not self.process.running, within)
        return bool(self.talk.workers)

    async def ready(self) -> None:
        """Wait until the worker has registered what it registered in its first run, and listens.

        Raises:
            Unmet: it did not.
        """
        if not await self.present(self.pace.appearance):
            raise Unmet(f"the worker, started anew, {self.missing()}")
        # An answer shows that what came before it, the greeting, was read.
        if self.baseline.pulse is not None and not await self.pulse():
            raise Unmet("the worker, started anew, did not answer an invocation in time")
        # One for telemetry may come last; opened later, it would look like a reconnect.
        await self.until(lambda: len(self.talk.open) >= self.baseline.sockets, self.pace.sockets)

    async def present(self, within: float) -> bool:
        """Wait until open connections hold all that the baseline declares, announced."""
        return await self.until(self._is_complete, within)

    def missing(self) -> str:
        """What keeps the worker from being complete, in words."""
        if not self.workers:
            return "opened no connection that it spoke on"
        lacking = self.baseline.declared - self.declared()
        if lacking:
            names = ", ".join(f"{kind} {identity}" for kind, identity in list(lacking)[:3])
            return f"did not register all it registered in its first run; missing: {names}"
        spoke = len(self.workers)
        if spoke < self.baseline.workers:
            return f"spoke on {spoke} connections instead of {self.baseline.workers}"
        return "did not announce itself"

    def declared(self) -> Counter[tuple[str, str]]:
        """What is registered on open connections."""
        return self.talk.declared(self.workers)

    def _is_complete(self) -> bool:
        workers, wanted = self.workers, self.baseline.declared
        if len(workers) < self.baseline.workers or len(self.talk.registrations) < wanted.total():
            return False
        announced = self.is_announced() or not self.baseline.announced
        return announced and wanted <= self.declared()

    def is_announced(self) -> bool:
        """Whether every worker that is connected has announced itself."""
        return all(self.talk.announcements(number) for number in self.workers)

    async def settled(self) -> None:
        """Wait until no further registration comes: the set of a first run is complete."""
        began = self.transcript.now()
        while self.process.running and self.transcript.now() - began < self.pace.registering:
            _, announced = before = self._counts()
            quiet = self.pace.quiet if announced else self.pace.unannounced_quiet
            if not await self.until(lambda: self._counts() != before, quiet):  # noqa: B023
                return

    def _counts(self) -> tuple[int, int]:
        return len(self.talk.registrations), len(self.talk.announcements())

    # -- invoking --------------------------------------------------------------------------------

    def role(self, name: str) -> str:
        """The id of the function that plays the part of ``conformance::NAME``.

        Raises:
            Unmet: this worker has not registered it, or it must not be invoked.
        """
        function_id = self.settings.invoking.player(name)
        if function_id not in self.baseline.functions:
            mapped = "" if function_id.startswith(PREFIX) else f" (here {function_id})"
            raise Unmet(f"this takes a function that plays the part of {PREFIX}{name}{mapped}")
        self._permit(function_id)
        return function_id

    def plays(self, name: str) -> bool:
        """Whether a function plays the part of ``conformance::NAME`` and may be invoked."""
        player = self.settings.invoking.player(name)
        return player in self.baseline.functions and self.obstacle(player) is None

    def obstacle(self, function_id: str) -> str | None:
        """Why the user wants ``function_id`` not to be invoked, or ``None``."""
        return None if function_id == ABSENT else self.settings.invoking.obstacle(function_id)

    def _spared(self, function_id: str) -> bool:
        return self.obstacle(function_id) is not None

    def withheld(self) -> list[str]:
        """Why functions of the worker are not invoked, for each that is not."""
        return [why for name in self.baseline.functions if (why := self.obstacle(name))]

    def samples(self) -> list[tuple[str, Any]]:
        """The functions that are invoked like any other, each with data for it."""
        invoking = self.settings.invoking
        return [
            (function_id, invoking.data(function_id, body.get("request_format")))
            for function_id, body in self.baseline.functions.items()
            if invoking.is_ordinary(function_id) and self.obstacle(function_id) is None
        ]

    def patience(self, invocations: Iterable[Invocation]) -> float:
        """How long these may take to be answered, in seconds."""
        granted = (self.settings.invoking.timeout(i.function_id) for i in invocations)
        return max(self.pace.handler, *granted, 0.0)

    def _permit(self, function_id: str) -> None:
        obstacle = self.obstacle(function_id)
        if obstacle is not None:
            raise Unmet(obstacle)

    def serving(self, function_id: str) -> int:
        """The open connection that registered ``function_id``, or else the first worker's.

        Raises:
            Unmet: no worker is connected.
        """
        workers = self.workers
        for number in workers:
            if self.talk.serves(number, function_id):
                return number
        if not workers:
            raise Unmet("the worker was not connected when the trial needed it")
        return workers[0]

    def send(self, number: int, message: Mapping[str, Any] | str) -> None:
        """Send a text message on a connection: a JSON object, or text as it is.

        Raises:
            Unmet: it would invoke what the user excludes.
        """
        if not isinstance(message, str) and message.get("type") == "invokefunction":
            self._permit(str(message.get("function_id")))
        text = message if isinstance(message, str) else json.dumps(message, ensure_ascii=False)
        self.connection(number).send_text(text.encode())

    def invoke(self, function_id: str, data: Any = None, **fields: Any) -> Invocation:
        """Send an invocation with a fresh id; ``fields`` are added to the message."""
        number = self.serving(function_id)
        invocation = Invocation(str(uuid.uuid4()), function_id, number, self.transcript.now())
        message = {
            "type": "invokefunction",
            "invocation_id": invocation.id,
            "function_id": function_id,
            "data": data,
        }
        self.send(number, message | fields)
        return invocation

    def replies(self, invocation: Invocation) -> list[Message]:
        """The answers to an invocation so far."""
        return self.talk.answers(invocation.id)

    async def reply(self, invocation: Invocation, within: float | None = None) -> Message | None:
        """Wait for the answer, for ``within`` seconds or what an easy answer may take."""
        await self.until(
            lambda: self.replies(invocation) or not self.process.running,
            self.pace.reply if within is None else within,
        )
        return next(iter(self.replies(invocation)), None)

    async def pulse(self) -> bool:
        """Whether the worker listens: it answers an invocation without effect.

        Raises:
            Unmet: this worker answered no such invocation when nothing was wrong.
        """
        if self.baseline.pulse is None:
            raise Unmet("this takes a worker that answers an invocation at all (INV-001, INV-004)")
        if not self.workers:
            return False
        return await self.reply(self.invoke(self.baseline.pulse, {})) is not None
