"""A worker that is a container image."""

from __future__ import annotations

import asyncio
import atexit
import uuid
from dataclasses import dataclass
from typing import Any

from conformance.errors import UsageError
from conformance.subject import route
from conformance.subject.command import split
from conformance.subject.container import WorkerContainer
from conformance.subject.daemon import DockerDaemon
from conformance.subject.environment import environment, placed
from conformance.subject.place import Place, Start, Subject
from mock_engine.wire.listener import bound


class Image(Subject):
    """An image, with what follows it in ``docker run``: the arguments of its entry point."""

    def __init__(self, text: str, network: str | None = None) -> None:
        """Look for the daemon and the image, and pull the image if it is not there.

        Raises:
            UsageError: the text is empty, or the daemon, the image or the network is not there.
        """
        words = split(text, "--worker-image")
        if not words:
            raise UsageError(
                "--worker-image is empty; give an image, for example --worker-image=me/worker:1"
            )
        self._text = text
        self.reference, *self.arguments = words
        self.daemon = DockerDaemon()
        named = self.daemon.network(network) if network else None
        self.route = route.route(self.daemon.facts(), named)
        _require_own(self.route)
        self.daemon.require(self.reference)
        self.daemon.sweep()
        atexit.register(self.daemon.sweep)

    @property
    def text(self) -> str:
        """The image, with its arguments."""
        return self._text

    @property
    def described(self) -> str:
        """The image and how its containers reach the engine."""
        return f"image {self.text} ({self.route})"

    async def place(self) -> Place:
        """The place to which the route leads."""
        return Beside(self)


@dataclass(frozen=True, slots=True)
class Beside(Place):
    """The place of an image: an engine of this process, and a container that can reach it."""

    image: Image

    @property
    def listens_on(self) -> str:
        """The address that the engine listens on."""
        return self.image.route.listens_on

    @property
    def host(self) -> str:
        """The host that the worker dials."""
        return self.image.route.host

    async def start(self, start: Start) -> WorkerContainer:
        """Start a container; it inherits nothing from this process's environment.

        Raises:
            UsageError: the daemon cannot start it.
        """
        image = self.image
        container = await asyncio.to_thread(self._container, start)
        return await WorkerContainer.start(container, image.reference, start.now)

    def _container(self, start: Start) -> Any:
        from docker.types import LogConfig
        from testcontainers.core.container import DockerContainer

        image = self.image
        mark = uuid.uuid4().hex
        env = environment({}, self.host, start.port, mark, start.variables, start.also, start.query)
        container = DockerContainer(image.reference).with_envs(**env)
        if image.arguments:
            container.with_command(placed(image.arguments, self.host, start.port, start.query))
        return container.with_kwargs(
            network=None,  # or testcontainers would choose one
            network_mode=image.route.network,
            labels=image.daemon.labels,
            stdin_open=start.input,
            log_config=LogConfig(type="json-file"),  # others cannot be read back
        )


def _require_own(way: route.Route) -> None:
    """Check that the engine can listen where the route says.

    Raises:
        UsageError: that is not an address of this machine.
    """
    try:
        bound(way.listens_on, 0).close()
    except OSError as fault:
        raise UsageError(
            f"--worker-image: the container's {way}, but no engine can listen there: "
            f"{fault.strerror}; "
            "leave --worker-network out, or name a network whose gateway is this machine"
        ) from None
