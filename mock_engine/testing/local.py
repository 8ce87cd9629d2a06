"""An engine in its own thread, behind blocking calls."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from types import TracebackType
from typing import Any, NoReturn, Self, TypeVar

import msgspec
import yaml

from mock_engine.config import Config, load, parse
from mock_engine.core.constants import DEFAULT
from mock_engine.faults import Fault, Schedule
from mock_engine.faults import read as read_faults
from mock_engine.ids import new_id
from mock_engine.messages import (
    ABSENT,
    InvokeFunction,
    payload,
)
from mock_engine.options import LISTENER
from mock_engine.rendering import lines
from mock_engine.server import Server
from mock_engine.testing.background import Background
from mock_engine.testing.caller import Caller, FunctionFailed, Responder
from mock_engine.testing.inbox import Inbox
from mock_engine.transcript import Direction, Event, Transcript
from mock_engine.transcript import Message as Seen
from mock_engine.versions import Release
from mock_engine.wire import Connection

WITHIN = 10.0
"""How long to wait, in seconds, unless a call says otherwise."""

Value = TypeVar("Value")


class Overdue(TimeoutError):  # noqa: N818 - named for what happened
    """An expected event did not happen in time; the text shows what happened instead."""


@dataclass(frozen=True, slots=True)
class _Parts:
    """The parts of a running engine."""

    thread: Background
    server: Server
    caller: Caller


class LocalEngine:
    """An engine on this machine, from ``start`` (or ``with``) to ``stop``.

    ``config`` is a configuration, the path of one, or its plain data; without it the engine has
    only what every engine has. A port of 0 takes a free one; ``None`` takes the configuration's.
    ``features`` are the features of the protocol that it advertises, as ``observe.v1``;
    ``engine_version`` is the release of the iii engine that it behaves as.
    """

    def __init__(
        self,
        config: Config | Path | str | Mapping[str, Any] | None = None,
        *,
        port: int | None = 0,
        http_port: int | None = 0,
        stream_port: int | None = 0,
        features: Iterable[str] = (),
        engine_version: str | None = None,
    ) -> None:
        ports = {LISTENER: port, "iii-http": http_port, "iii-stream": stream_port}
        chosen = {name: number for name, number in ports.items() if number is not None}
        found = _read(config).moved(chosen)
        self._config = replace(
            found,
            features=(*found.features, *features),
            engine_version=Release(engine_version or found.engine_version).version,
        )
        self._transcript = Transcript()
        self._inbox = Inbox(self._transcript)
        self._parts: _Parts | None = None

    # -- start and stop --------------------------------------------------------------------------

    def start(self) -> Self:
        """Open the ports and return the engine.

        Raises:
            OSError: a port is taken or may not be used.
            RuntimeError: the engine is already running.
        """
        if self._parts is not None:
            raise RuntimeError("the engine runs already; stop it first, or make another one")
        thread = Background("mock-engine")
        try:
            self._parts = thread.run(self._start(thread))
        except BaseException:
            thread.end()
            raise
        return self

    def stop(self) -> None:
        """Cut every connection and close every port; does nothing if the engine is not running."""
        if self._parts is not None:
            thread, server = self._parts.thread, self._parts.server
            try:
                thread.run(server.stop())
            finally:
                thread.end()
                self._parts = None

    def __enter__(self) -> Self:
        """Start."""
        return self.start()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Stop."""
        self.stop()

    async def _start(self, thread: Background) -> _Parts:
        server = await Server.start(self._config, transcript=self._transcript)
        self._transcript.listeners.append(lambda _: thread.notify())
        return _Parts(thread, server, Caller(server, thread.notify))

    @property
    def _server(self) -> Server:
        return self._running().server

    @property
    def _caller(self) -> Caller:
        return self._running().caller

    def _running(self) -> _Parts:
        if self._parts is None:
            raise RuntimeError("the engine does not run; start it, or use it in a `with` block")
        return self._parts

    # -- addresses -------------------------------------------------------------------------------

    @property
    def url(self) -> str:
        """Where workers connect, as in ``ws://127.0.0.1:49134``."""
        return self._server.urls[0]

    @property
    def urls(self) -> list[str]:
        """The URLs of all ports for workers in the configuration, in its order."""
        return self._server.urls

    @property
    def http_url(self) -> str:
        """Where HTTP triggers are served; the configuration must name ``iii-http``."""
        return self._server.module_urls["iii-http"]

    @property
    def stream_url(self) -> str:
        """Where viewers of streams connect; the configuration must name ``iii-stream``."""
        return self._server.module_urls["iii-stream"]

    # -- registrations ---------------------------------------------------------------------------

    def functions(self, namespace: str = DEFAULT) -> list[str]:
        """The ids of the functions that workers have registered, sorted."""
        return self._do(lambda: self._functions(namespace))

    def wait_for(
        self, *function_ids: str, namespace: str = DEFAULT, within: float = WITHIN
    ) -> None:
        """Wait until all of these functions are registered.

        Raises:
            Overdue: a function is not registered in time.
        """
        wanted = set(function_ids)
        if not self._until(lambda: wanted <= set(self._functions(namespace)), within):
            there = self.functions(namespace)
            missing = ", ".join(sorted(wanted - set(there)))
            known = ", ".join(there) or "nothing"
            self._overdue(f"not registered within {within:g} s: {missing}; registered: {known}")

    def wait_for_trigger(self, trigger_type: str, function_id: str, within: float = WITHIN) -> None:
        """Wait until a function is bound to a trigger type that has a provider.

        Raises:
            Overdue: this does not happen in time.
        """
        triggers = self._server.engine.core.triggers

        def bound() -> bool:
            wanted = (trigger_type, function_id)
            return any(
                binding.provider is not None
                and (binding.spec.trigger_type, binding.spec.function_id) == wanted
                for binding in triggers.bindings.values()
            )

        if not self._until(bound, within):
            self._overdue(f"no trigger {trigger_type} for {function_id} within {within:g} s")

    def _functions(self, namespace: str) -> list[str]:
        registered = self._server.engine.core.functions
        mine = self._caller.number
        return sorted(
            f.spec.id
            for f in registered
            if f.namespace == namespace and (f.owner > 0 or f.owner == mine)
        )

    # -- calling and being called ----------------------------------------------------------------

    def invoke(
        self,
        function_id: str,
        data: Any = None,
        *,
        namespace: str | None = None,
        metadata: Any = None,
        within: float = WITHIN,
    ) -> Any:
        """Call a function of a worker or of the engine, and return its result.

        Raises:
            FunctionFailed: the function answered with an error.
            Overdue: the function did not answer in time.
        """
        attached = ABSENT if metadata is None else payload(metadata)
        request = InvokeFunction(
            function_id, payload(data), new_id(), namespace=namespace, metadata=attached
        )
        answer = self._running().thread.run(self._caller.ask(request, within))
        if answer is None:
            self._overdue(f"{function_id} did not answer within {within:g} s")
        if answer.error is not None:
            raise FunctionFailed(answer.error.code, answer.error.message, answer.error.stacktrace)
        return msgspec.json.decode(answer.result) if bytes(answer.result) else None

    def serve(self, function_id: str, answer: Responder) -> None:
        """Offer a function to the workers: ``answer`` gets the data and returns the result.

        ``answer`` runs in the engine's thread, so it must be quick; a ``FunctionFailed`` that it
        raises is the error that the caller gets.
        """
        self._do(lambda: self._caller.offer(function_id, answer))

    def withdraw(self, function_id: str) -> None:
        """Stop offering a function."""
        self._do(lambda: self._caller.withdraw(function_id))

    # -- the conversation ------------------------------------------------------------------------

    def expect(
        self,
        kind: str,
        *,
        connection: int | None = None,
        within: float = WITHIN,
        **fields: Any,
    ) -> dict[str, Any]:
        """Wait for and return the next message of a worker with this type and these fields.

        Each message is returned once. A mapping among ``fields`` may leave out keys.

        Raises:
            Overdue: no such message arrives in time.
        """
        found = self._until(lambda: self._inbox.take(kind, connection, fields), within)
        if found is None:
            having = f" with {json.dumps(fields, default=repr)}" if fields else ""
            self._overdue(f"no message {kind}{having} within {within:g} s")
        return found

    def inject(self, message: Any, *, connection: int | None = None) -> None:
        """Send workers a message that the engine would not send.

        A string is sent as it is, bytes in a binary frame, anything else as JSON; to one connection
        or to all that are open.
        """

        def send() -> None:
            for each in self._connections(connection):
                if isinstance(message, bytes):
                    each.send_binary(message)
                else:
                    text = message if isinstance(message, str) else json.dumps(message)
                    each.send_text(text.encode())

        self._do(send)

    def fault(
        self, fault: Fault, *, connection: int | None = None, lasts: float | None = None
    ) -> None:
        """Cause a fault now, on one connection or on all that are open.

        Raises:
            ValueError: the fault cannot act on an open connection, or there is no such connection.
        """

        def inject() -> None:
            for each in self._connections(connection):
                each.inject(fault, lasts)

        self._do(inject)

    def play(self, schedule: Schedule | list[Any] | Mapping[str, Any]) -> None:
        """Follow a fault schedule, or its plain data, instead of the previous one; ``()`` ends it.

        Raises:
            UnreadableError: the data is not a schedule.
        """
        rules = schedule if isinstance(schedule, tuple) else read_faults(schedule)

        def play() -> None:
            for listener in self._server.listeners:
                listener.play(rules)

        self._do(play)

    def connections(self) -> list[int]:
        """The numbers of the open WebSockets of workers."""
        return self._do(lambda: [each.id for each in self._connections(None)])

    @property
    def transcript(self) -> list[Event]:
        """Everything that happened on the wire so far, in order."""
        return list(self._transcript.events)

    def messages(
        self, kind: str | None = None, *, direction: Direction = Direction.FROM_WORKER
    ) -> list[dict[str, Any]]:
        """The messages so far, of one type or of all types, as JSON objects."""
        return [
            event.json
            for event in self.transcript
            if isinstance(event, Seen)
            and event.direction is direction
            and isinstance(event.json, dict)
            and kind in (None, event.type)
        ]

    def telemetry(self) -> dict[str, list[dict[str, Any]]]:
        """The ``spans``, ``metrics`` and ``logs`` that workers reported, the oldest first."""
        return self._do(lambda: self._server.engine.telemetry)

    def _connections(self, number: int | None) -> list[Connection]:
        every = [c for each in self._server.listeners for c in each.connections.values()]
        chosen = [c for c in every if c.is_open and number in (None, c.id)]
        if number is not None and not chosen:
            there = ", ".join(str(c.id) for c in every if c.is_open) or "none"
            raise ValueError(f"no open connection has the number {number}; open: {there}")
        return chosen

    # -- the thread ------------------------------------------------------------------------------

    def _do(self, act: Callable[[], Value]) -> Value:
        return self._running().thread.do(act)

    def _until(self, condition: Callable[[], Value], within: float) -> Value:
        return self._running().thread.until(condition, within)

    def _overdue(self, what: str) -> NoReturn:
        last = lines(self.transcript[-12:])
        shown = "\n".join(f"  {line}" for line in last) or "  (nothing happened on the wire)"
        raise Overdue(f"{what}\nthe last events:\n{shown}")


def _read(config: Config | Path | str | Mapping[str, Any] | None) -> Config:
    if config is None:
        return Config()
    if isinstance(config, Config):
        return config
    if isinstance(config, Path | str):
        return load(Path(config)).local()
    return parse(yaml.safe_dump(dict(config)), "the configuration", {}).local()
