"""A listening engine: opens and closes its ports for workers and those of its modules."""

from __future__ import annotations

import asyncio

from mock_engine.config import Config
from mock_engine.engine import Engine
from mock_engine.paths import CHANNELS
from mock_engine.transcript import Transcript
from mock_engine.wire import Connection, Listener
from mock_engine.worker_port import WorkerPort

LINGER = 0.5
"""How long channels and streams stay open after the workers when the engine stops, in seconds."""


class Server:
    """A running engine. ``listeners`` are its ports for workers, in the configuration's order."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.listeners: list[Listener] = []
        self._ports: list[WorkerPort] = []

    @classmethod
    async def start(cls, config: Config, *, transcript: Transcript | None = None) -> Server:
        """Open every port.

        Raises:
            OSError: a port is taken or may not be used; no port is left open then.
        """
        server = cls(Engine(config))
        try:
            await server.engine.start()
            for address in config.addresses:
                engine = server.engine
                port = engine.workers if address.policy is None else engine.guarded(address.policy)
                server._ports.append(port)
                at = (address.host, address.port)
                server.listeners.append(await Listener.start(port, *at, transcript=transcript))
        except BaseException:
            await server.stop()
            raise
        return server

    @property
    def urls(self) -> list[str]:
        """The URLs of the ports for workers."""
        return [f"ws://{each.host}:{each.port}" for each in self.listeners]

    @property
    def module_urls(self) -> dict[str, str]:
        """The URLs that the modules serve, by module name."""
        modules = self.engine.modules.items()
        return {name: module.url for name, module in modules if module.url is not None}

    async def stop(self) -> None:
        """Close everything in the order of the engine on SIGTERM: channels and streams last."""
        for port in self._ports:
            port.close_telemetry()
        for listener in self.listeners:
            await listener.stop(spare=_is_channel)
        channels = any(listener.connections for listener in self.listeners)
        if channels or any(module.viewers for module in self.engine.modules.values()):
            await asyncio.sleep(LINGER)
        for listener in self.listeners:
            await listener.stop()
        await self.engine.stop()


def _is_channel(connection: Connection) -> bool:
    request = connection.request
    return request is not None and request.path.startswith(CHANNELS)
