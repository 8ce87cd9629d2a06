"""One engine and what a worker does on its wire, seen as it happens."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from conformance.errors import Inconclusive, WorkerMissing
from conformance.settings.settings import Settings
from conformance.subject.place import Place
from conformance.trials.baseline import Baseline
from conformance.trials.conversation import Conversation
from conformance.trials.gateway import AnyPath, Tap
from conformance.trials.relay import Relay
from conformance.trials.waiting import Notifier
from mock_engine.config import Config, ModuleConfig
from mock_engine.engine import Engine
from mock_engine.transcript import Event, FrameSeen, Message, Transcript
from mock_engine.wire import Connection, Listener

ABSENT = "conformance::no-such-function"
"""A function id that no worker registers."""

NOT_OURS = "takes an engine that the suite controls: leave --engine-cmd and --engine-url out"
"""Why something is not judged against a real engine."""

OFFERED = Config(
    modules=tuple(
        ModuleConfig(name, {}, 0) for name in ("iii-state", "iii-stream", "iii-queue", "iii-pubsub")
    )
)
"""The modules that the suite's engine offers a worker, in memory. None of them listens on a port or
fires by the clock: routes and schedules are judged by their registration."""


class Context:
    """One engine and one worker, which meet in ``place``.

    ``baseline`` is what earlier runs showed; ``port`` 0 picks a free one. ``until`` waits as
    ``Notifier.until`` does, for events of the transcript and exits of the worker; ``notify`` makes
    every waiter evaluate its condition again.
    """

    def __init__(
        self, settings: Settings, baseline: Baseline, place: Place, *, port: int = 0
    ) -> None:
        self.settings = settings
        self.baseline = baseline
        self.pace = baseline.pace
        self.transcript = Transcript()
        self.talk = Conversation()
        self._engine = Engine(OFFERED)
        self._relay = Relay(settings.upstream) if settings.upstream is not None else None
        self.gateway = AnyPath(self._relay or self._engine.workers, self._spared)
        self.place = place
        self.listener = self.listener_on(port)
        self.extra_listener: Listener | None = None
        self.notifier = Notifier()
        self.notify, self.until = self.notifier.notify, self.notifier.until
        self.transcript.listeners.append(self._follow)

    @property
    def engine(self) -> Engine:
        """The suite's own engine.

        Raises:
            Inconclusive: the worker is judged under a real one.
        """
        if self._relay is not None:
            raise Inconclusive(NOT_OURS)
        return self._engine

    @engine.setter
    def engine(self, engine: Engine) -> None:
        self._engine = engine

    def listener_on(self, port: int) -> Listener:
        """A port of the engine that the worker can reach; it does not listen yet."""
        return Listener(
            self.gateway,
            self.place.listens_on,
            port,
            transcript=self.transcript,
            bind=self.place.bind,
        )

    @property
    def _listeners(self) -> list[Listener]:
        return [each for each in (self.listener, self.extra_listener) if each is not None]

    @property
    def workers(self) -> list[int]:
        """The open connections of workers."""
        return self.talk.live_workers

    def connection(self, number: int) -> Connection:
        """The connection with this number.

        Raises:
            WorkerMissing: it is gone.
        """
        for listener in self._listeners:
            if number in listener.connections:
                return listener.connections[number]
        raise WorkerMissing(f"the worker's connection #{number} ended before the trial was through")

    def websockets(self) -> list[Connection]:
        """Every open WebSocket, telemetry included."""
        return [c for each in self._listeners for c in each.connections.values() if c.is_open]

    def obstacle(self, function_id: str) -> str | None:
        """Why the user wants ``function_id`` not to be invoked, or ``None``."""
        return None if function_id == ABSENT else self.settings.invoking.obstacle(function_id)

    def permit(self, function_id: str) -> None:
        """Refuse to invoke what the user excludes.

        Raises:
            Inconclusive: the user wants ``function_id`` not to be invoked.
        """
        obstacle = self.obstacle(function_id)
        if obstacle is not None:
            raise Inconclusive(obstacle)

    def _spared(self, function_id: str) -> bool:
        return self.obstacle(function_id) is not None

    def send(self, number: int, message: Mapping[str, Any] | str) -> None:
        """Send a text message on a connection: a JSON object, or text as it is.

        Raises:
            Inconclusive: it would invoke what the user excludes.
        """
        if not isinstance(message, str) and message.get("type") == "invokefunction":
            self.permit(str(message.get("function_id")))
        text = message if isinstance(message, str) else json.dumps(message, ensure_ascii=False)
        self.connection(number).send_text(text.encode())

    def let_through(self, tap: Tap) -> None:
        """Let ``tap`` talk to the worker; what it sends and receives is not followed here."""
        self.gateway.tap = tap
        self.transcript.keep = False

    def _follow(self, event: Event) -> None:
        tap = self.gateway.tap
        if tap is not None and (
            isinstance(event, FrameSeen) or (isinstance(event, Message) and tap.knows(event.data))
        ):
            return
        self.talk.add(event)
        self.notify()

    async def open_engine(self) -> None:
        """Listen for workers.

        Raises:
            UsageError: the real engine, if there is one, cannot be used.
        """
        if self._relay is not None:
            await self._relay.start()
        await self.listener.listen()

    async def close_engine(self) -> None:
        """Stop listening, and end the engine."""
        for listener in self._listeners:
            await listener.stop()
        if self._relay is not None:
            await self._relay.stop()
        await self._engine.stop()
