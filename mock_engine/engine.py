"""The engine with sockets and time: the core, driven by connections."""

from __future__ import annotations

import asyncio
import logging
import time
from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any, Protocol, TypeVar, cast
from urllib.parse import parse_qs

from mock_engine.config import Config
from mock_engine.core import Action, CloseSession, Core, Cut, Send, Wake
from mock_engine.core.constants import ENGINE
from mock_engine.core.grants import Policy
from mock_engine.decoding import Undecodable, decode
from mock_engine.ids import new_id
from mock_engine.messages import FromWorker, ProtocolMessage, encode
from mock_engine.modules.base import Module
from mock_engine.modules.catalogue import ALWAYS, load_module
from mock_engine.modules.channels import Channels
from mock_engine.modules.configuration import ConfigurationModule
from mock_engine.modules.host import Host
from mock_engine.modules.observability import ObservabilityModule
from mock_engine.outgoing import gaps, without
from mock_engine.versions import Release
from mock_engine.wire import Connection
from mock_engine.worker_port import WorkerPort

log = logging.getLogger("mock_engine")

AnyModule = TypeVar("AnyModule", bound=Module)

UNSERVED = -1_000_000
"""Peers that are listed but never answer have numbers below this."""

COMPLAINTS = 20
"""The most dropped messages of one connection that are logged."""

LOOKS = 5.0
"""The interval between two checks for new or lost functions, in seconds."""


class LocalWorker(Protocol):
    """A worker in the engine's own process."""

    def deliver(self, message: ProtocolMessage) -> None:
        """The engine sent the worker a message."""


class Engine:
    """An engine. ``config`` is what it serves; without one, only what every engine has.

    ``greet`` is whether it sends ``workerregistered``; a test may turn that off. ``features`` are
    the features of the protocol that it advertises besides those of the configuration.
    """

    def __init__(
        self, config: Config | None = None, *, greet: bool = True, features: Iterable[str] = ()
    ) -> None:
        self.config = config
        wanted_features = (*features, *(config.features if config else ()))
        self.core = Core(
            new_id,
            greet=greet,
            now=time.time_ns() // 1_000_000,
            features=dict.fromkeys(wanted_features),
            clock=lambda: time.time() * 1000,
            release=Release(config.engine_version) if config else None,
        )
        self._gaps = gaps(self.core.engine_version)
        self._connections: dict[int, Connection] = {}
        self._complaints: Counter[int] = Counter()
        self._hosts: dict[int, Host] = {}
        self._local_workers: dict[int, LocalWorker] = {}
        self.modules: dict[str, Module] = {}
        self._hosts[ENGINE] = Host(self, ENGINE)
        self.channels: Channels = Channels(self._hosts[ENGINE], {})
        self._hosts[ENGINE].install(self.channels)
        self.workers = WorkerPort(self)
        wanted: dict[str, Mapping[str, Any]] = {name: {} for name in ALWAYS}
        wanted |= {module.name: module.options for module in (config.modules if config else ())}
        for name, options in wanted.items():
            self._install(name, options)
        self._attach_unserved(len(config.addresses) if config else 1)
        self._observability = cast("ObservabilityModule", self.modules["iii-observability"])
        self._timers: dict[int | str, asyncio.TimerHandle] = {}
        self._looking: asyncio.TimerHandle | None = None

    @property
    def greet(self) -> bool:
        """Whether workers are greeted with ``workerregistered``."""
        return self.core.greet

    @greet.setter
    def greet(self, value: bool) -> None:
        self.core.greet = value

    def _install(self, name: str, options: Mapping[str, Any]) -> None:
        kind = load_module(name)
        if kind is not None:
            self.add(kind, options)

    def _attach_unserved(self, ports: int) -> None:
        """List what engine 0.23 lists as workers although it serves no function."""
        title = (
            "WebSocket listener that SDK workers connect to. Supports RBAC, middleware, "
            "registration hooks, and channels."
        )
        unserved = {
            "iii-telemetry": "Anonymous usage telemetry and heartbeat reporting for the engine."
        }
        unserved |= {
            f"iii-worker-manager#{n}" if n else "iii-worker-manager": title for n in range(ports)
        }
        now = time.time_ns() // 1_000_000
        for index, (worker_id, description) in enumerate(unserved.items()):
            number = UNSERVED - index
            self.core.attach(number, worker_id.partition("#")[0], description, now)
            self.core.peers[number].worker_id = worker_id

    def add(self, kind: type[AnyModule], options: Mapping[str, Any]) -> AnyModule:
        """Add a module before the engine starts, whether built in or custom."""
        host = Host(self, -len(self._hosts))
        module = kind(host, options)
        self._hosts[host.peer] = host
        self.modules[kind.name] = module
        configuration = self.modules["configuration"]
        if module.has_entry and isinstance(configuration, ConfigurationModule):
            configuration.seed(module)
        now = time.time_ns() // 1_000_000
        self.core.attach(
            host.peer,
            kind.name,
            kind.title,
            now,
            provides_as=kind.provides_as,
            internal=kind.internal,
        )
        host.install(module)
        return module

    def send(self, peer: int, message: FromWorker) -> None:
        """A module or a local worker sent a message."""
        self._perform(self.core.received(peer, message))

    def admit(self, worker: LocalWorker) -> int:
        """Admit an in-process worker, and return its number."""
        number = -len(self._hosts) - len(self._local_workers)
        self._local_workers[number] = worker
        self._perform(self.core.opened(number, "127.0.0.1", time.time_ns() // 1_000_000))
        return number

    async def start(self) -> None:
        """Open the ports of the modules.

        Raises:
            OSError: a port is taken or may not be used.
        """
        for module in self.modules.values():
            await module.start()
        self._look()

    def _look(self) -> None:
        """Check every five seconds whether functions came or went."""
        self._looking = asyncio.get_running_loop().call_later(LOOKS, self._look)
        self._perform(self.core.looked())

    async def stop(self) -> None:
        """Forget every worker and every timer, and stop the modules."""
        for host in self._hosts.values():
            await host.stop()
        for timer in (*self._timers.values(), self._looking):
            if timer is not None:
                timer.cancel()
        self._timers.clear()

    def guarded(self, policy: Policy) -> WorkerPort:
        """Whether a policy guards the port for workers."""
        return WorkerPort(self, policy)

    def opened(self, connection: Connection, policy: Policy | None = None) -> None:
        """A worker's WebSocket is open; ``policy`` guards its port, if given."""
        self._connections[connection.id] = connection
        number, address, now = connection.id, connection.peer[0], time.time_ns() // 1_000_000
        if policy is None or connection.request is None:
            self._perform(self.core.opened(number, address, now))
            return
        self._perform(self.core.authenticate(number, address, now, policy, *_asked(connection)))

    def authorise(self, connection: Connection, policy: Policy) -> None:
        """A telemetry connection is open on a guarded port, which must authorise it, too."""
        self._connections[connection.id] = connection
        address = connection.peer[0]
        self._perform(self.core.authorise(connection.id, address, policy, *_asked(connection)))

    def left(self, connection: Connection) -> None:
        """A connection that was not a worker's is gone."""
        self._connections.pop(connection.id, None)

    @property
    def telemetry(self) -> dict[str, list[dict[str, Any]]]:
        """The ``spans``, ``metrics`` and ``logs`` that workers reported and the engine kept."""
        module = self._observability
        return {
            "spans": list(module.telemetry.spans),
            "metrics": list(module.telemetry.metrics),
            "logs": module.records[::-1],
        }

    def reported(self, data: bytes) -> bool:
        """Keep the telemetry in a frame; return whether it is a telemetry frame."""
        return self._observability.take(data)

    def received(self, connection: Connection, data: bytes) -> None:
        """A worker sent a message; one that cannot be decoded is dropped."""
        try:
            message = decode(data)
        except Undecodable as fault:
            self._complain(connection.id, fault)
            return
        self._perform(self.core.received(connection.id, message))

    def _complain(self, number: int, fault: Undecodable) -> None:
        """Log what was dropped, up to a limit: a pipe that nobody reads may block."""
        self._complaints[number] += 1
        if self._complaints[number] <= COMPLAINTS:
            log.warning("#%d sent what is no message, dropped: %s", number, fault)
        if self._complaints[number] == COMPLAINTS:
            log.warning("#%d: further frames that are no message are not logged", number)

    def closed(self, connection: Connection) -> None:
        """A worker's WebSocket is gone."""
        del self._connections[connection.id]
        self._complaints.pop(connection.id, None)
        timer = self._timers.pop(connection.id, None)
        if timer is not None:
            timer.cancel()
        self._perform(self.core.lost(connection.id))

    def _perform(self, actions: list[Action]) -> None:
        for action in actions:
            if isinstance(action, Wake):
                self._wake(action)
                continue
            connection = self._connections.get(action.peer)
            if connection is None:
                self._deliver_inside(action)
            elif not isinstance(action, Send):
                self._end(connection, action)
            elif type(action.message) in self._gaps and not self.core.features:
                self._send_what_is_known(connection, action.message)
            else:
                connection.send_text(encode(action.message))

    def _wake(self, action: Wake) -> None:
        loop = asyncio.get_running_loop()
        if (known := self._timers.get(action.key)) is not None:
            known.cancel()
        self._timers[action.key] = loop.call_later(action.seconds, self._elapsed, action.key)

    def _deliver_inside(self, action: Send | CloseSession | Cut) -> None:
        inside = self._hosts.get(action.peer) or self._local_workers.get(action.peer)
        if inside is not None and isinstance(action, Send):
            inside.deliver(action.message)

    @staticmethod
    def _end(connection: Connection, action: CloseSession | Cut) -> None:
        if isinstance(action, CloseSession):
            connection.close(action.code)
        else:
            connection.cut()

    def _send_what_is_known(self, connection: Connection, message: ProtocolMessage) -> None:
        """Send a message without the fields that the engine's release does not have."""
        gap = self._gaps[type(message)]
        if gap is not None:
            connection.send_text(encode(without(message, gap)))

    def _elapsed(self, key: int | str) -> None:
        self._timers.pop(key, None)
        self._perform(self.core.elapsed(key))


def _asked(connection: Connection) -> tuple[dict[str, str], dict[str, list[str]]]:
    """The headers and the query of an upgrade request."""
    if connection.request is None:
        return {}, {}
    query = parse_qs(connection.request.query, keep_blank_values=True)
    return dict(connection.request.headers), query
