"""The engine in a thread of its own, behind calls that block."""

from __future__ import annotations

import asyncio
import json
import threading
import uuid
from collections.abc import Callable, Coroutine, Iterable, Mapping
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from types import TracebackType
from typing import Any, NoReturn, Self, TypeVar

import msgspec
import yaml

from mock_engine.config import Config, load, parse
from mock_engine.core.peers import DEFAULT
from mock_engine.faults import Fault, Schedule
from mock_engine.faults import read as read_faults
from mock_engine.messages import (
    ABSENT,
    InvokeFunction,
    payload,
)
from mock_engine.options import LISTENER
from mock_engine.rendering import lines
from mock_engine.server import Server
from mock_engine.testing.caller import Answer, Caller, FunctionFailed
from mock_engine.transcript import Direction, Event, Transcript
from mock_engine.transcript import Message as Seen
from mock_engine.wire import Connection

WITHIN = 10.0
"""Seconds that are waited for unless a call says otherwise."""

LOOK = 0.1
"""Seconds between two looks when nothing comes: a worker's grace runs out without a frame."""

Value = TypeVar("Value")


class Overdue(TimeoutError):  # noqa: N818 - named for what happened
    """What was waited for did not come in time; the text tells what was there instead."""


class LocalEngine:
    """An engine on this machine, from ``start`` (or ``with``) to ``stop``.

    ``config`` is a configuration, the path of one, or its plain data; without one the engine has
    what every engine has. Ports of 0 are free ones; ``None`` is the configuration's own.
    ``features`` are those of protocol 0.25 that it advertises, as ``observe.v1``.
    """

    def __init__(
        self,
        config: Config | Path | str | Mapping[str, Any] | None = None,
        *,
        port: int | None = 0,
        http_port: int | None = 0,
        stream_port: int | None = 0,
        features: Iterable[str] = (),
    ) -> None:
        ports = {LISTENER: port, "iii-http": http_port, "iii-stream": stream_port}
        given = {name: number for name, number in ports.items() if number is not None}
        found = _read(config).moved(given)
        self._config = replace(found, features=(*found.features, *features))
        self._transcript = Transcript()
        self._loop: asyncio.AbstractEventLoop
        self._thread: threading.Thread | None = None
        self._parts: tuple[Server, Caller] | None = None
        self._news: set[asyncio.Event] = set()
        self._taken: set[int] = set()

    # -- its life --------------------------------------------------------------------------------

    def start(self) -> Self:
        """Open the ports and return the engine.

        Raises:
            OSError: a port is taken or may not be used.
            RuntimeError: it runs already.
        """
        if self._thread is not None:
            raise RuntimeError("the engine runs already; stop it first, or make another one")
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(
            target=self._loop.run_forever, name="mock-engine", daemon=True
        )
        self._thread.start()
        try:
            self._run(self._start())
        except BaseException:
            self._end_thread()
            raise
        return self

    def stop(self) -> None:
        """Cut every connection and close every port; nothing happens when it does not run."""
        if self._thread is not None:
            try:
                self._run(self._server.stop())
            finally:
                self._end_thread()

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

    async def _start(self) -> None:
        server = await Server.start(self._config, transcript=self._transcript)
        self._transcript.listeners.append(lambda _: self._tell())
        self._parts = server, Caller(server, self._tell)

    @property
    def _server(self) -> Server:
        return self._running()[0]

    @property
    def _caller(self) -> Caller:
        return self._running()[1]

    def _running(self) -> tuple[Server, Caller]:
        if self._parts is None:
            raise RuntimeError("the engine does not run; start it, or use it in a `with` block")
        return self._parts

    def _end_thread(self) -> None:
        assert self._thread is not None
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()
        self._thread = self._parts = None

    # -- where it is -----------------------------------------------------------------------------

    @property
    def url(self) -> str:
        """Where workers connect, as in ``ws://127.0.0.1:49134``."""
        return self._server.urls[0]

    @property
    def urls(self) -> list[str]:
        """The same for every port for workers that the configuration names."""
        return self._server.urls

    @property
    def http_url(self) -> str:
        """Where HTTP triggers are served; the configuration must name ``iii-http``."""
        return self._server.places["iii-http"]

    @property
    def stream_url(self) -> str:
        """Where viewers of streams connect; the configuration must name ``iii-stream``."""
        return self._server.places["iii-stream"]

    # -- what is registered ----------------------------------------------------------------------

    def functions(self, namespace: str = DEFAULT) -> list[str]:
        """The ids of the functions that workers have registered, sorted."""
        return self._do(lambda: self._functions(namespace))

    def wait_for(
        self, *function_ids: str, namespace: str = DEFAULT, within: float = WITHIN
    ) -> None:
        """Wait until all of these functions are registered.

        Raises:
            Overdue: one is not, in time.
        """
        wanted = set(function_ids)
        if not self._until(lambda: wanted <= set(self._functions(namespace)), within):
            there = self.functions(namespace)
            missing = ", ".join(sorted(wanted - set(there)))
            known = ", ".join(there) or "nothing"
            self._overdue(f"not registered within {within:g} s: {missing}; registered: {known}")

    def wait_for_trigger(self, trigger_type: str, function_id: str, within: float = WITHIN) -> None:
        """Wait until a function is bound to a trigger type whose provider is there.

        Raises:
            Overdue: it is not, in time.
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
        """Call a function, a worker's or one of the engine's, and return its result.

        Raises:
            FunctionFailed: it answered with an error.
            Overdue: it did not answer in time.
        """
        given = ABSENT if metadata is None else payload(metadata)
        request = InvokeFunction(
            function_id, payload(data), str(uuid.uuid4()), namespace=namespace, metadata=given
        )
        answer = self._run(self._caller.ask(request, within))
        if answer is None:
            self._overdue(f"{function_id} did not answer within {within:g} s")
        if answer.error is not None:
            raise FunctionFailed(answer.error.code, answer.error.message, answer.error.stacktrace)
        return msgspec.json.decode(answer.result) if bytes(answer.result) else None

    def serve(self, function_id: str, answer: Answer) -> None:
        """Offer a function to the workers: ``answer`` gets the data and returns the result.

        It runs in the engine's thread, so it must be quick; ``FunctionFailed`` that it raises is
        the error that the caller gets.
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
        """The next message of a worker that has this type and these fields, no message twice.

        A mapping among ``fields`` may leave out what does not matter.

        Raises:
            Overdue: none comes in time.
        """

        def find() -> dict[str, Any] | None:
            for index, event in enumerate(self._transcript.events):
                if (
                    isinstance(event, Seen)
                    and event.direction is Direction.FROM_WORKER
                    and index not in self._taken
                    and connection in (None, event.connection)
                    and event.type == kind
                    and _includes(event.json, fields)
                ):
                    self._taken.add(index)
                    found: dict[str, Any] = event.json
                    return found
            return None

        found = self._until(find, within)
        if found is None:
            having = f" with {json.dumps(fields, default=repr)}" if fields else ""
            self._overdue(f"no message {kind}{having} within {within:g} s")
        return found

    def inject(self, message: Any, *, connection: int | None = None) -> None:
        """Send workers a message that the engine would not send.

        A text goes as it is, bytes go in a binary frame, anything else as JSON; to one connection
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
        """Let a fault happen now, to one connection or to all that are open.

        Raises:
            ValueError: the fault does not happen to open connections, or there is no such one.
        """

        def suffer() -> None:
            for each in self._connections(connection):
                each.suffer(fault, lasts)

        self._do(suffer)

    def play(self, schedule: Schedule | list[Any] | Mapping[str, Any]) -> None:
        """Follow a fault schedule, or its plain data, instead of the one before; ``()`` ends it.

        Raises:
            UnreadableError: the data is no schedule.
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
        """The messages so far, of one type or all, as JSON objects."""
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
            raise ValueError(f"no open connection has the number {number}")
        return chosen

    # -- the thread ------------------------------------------------------------------------------

    def _run(self, work: Coroutine[Any, Any, Value]) -> Value:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result()

    def _do(self, act: Callable[[], Value]) -> Value:
        self._running()

        async def once() -> Value:
            return act()

        return self._run(once())

    def _until(self, condition: Callable[[], Value], within: float) -> Value:
        self._running()
        return self._run(self._wait(condition, within))

    async def _wait(self, condition: Callable[[], Value], within: float) -> Value:
        news = asyncio.Event()
        self._news.add(news)
        try:
            async with asyncio.timeout(within):
                while not (seen := condition()):
                    news.clear()
                    with suppress(TimeoutError):
                        await asyncio.wait_for(news.wait(), LOOK)
                return seen
        except TimeoutError:
            return condition()
        finally:
            self._news.discard(news)

    def _tell(self) -> None:
        for news in self._news:
            # What an event leads to in the engine happens just after it is told.
            self._loop.call_soon(news.set)

    def _overdue(self, what: str) -> NoReturn:
        last = lines(self.transcript[-12:])
        told = "\n".join(f"  {line}" for line in last) or "  (nothing happened on the wire)"
        raise Overdue(f"{what}\nthe last events:\n{told}")


def _read(config: Config | Path | str | Mapping[str, Any] | None) -> Config:
    if config is None:
        return Config()
    if isinstance(config, Config):
        return config
    if isinstance(config, Path | str):
        return load(Path(config)).local()
    return parse(yaml.safe_dump(dict(config)), "the configuration", {}).local()


def _includes(value: Any, wanted: Any) -> bool:
    if isinstance(wanted, Mapping) and isinstance(value, Mapping):
        return all(key in value and _includes(value[key], part) for key, part in wanted.items())
    return bool(value == wanted)
