"""The Docker daemon: whether it is there, what it has, and what earlier runs left behind."""

from __future__ import annotations

import os
import socket
import sys
import uuid
from contextlib import suppress
from typing import Any
from urllib.parse import urlsplit

import psutil

from conformance.errors import UsageError
from conformance.subject import route

RUN = "dev.iii.conformance.run"
OWNER = "dev.iii.conformance.owner"
"""Labels of every container: the run it belongs to, and the process that must remove it."""

NO_PACKET = ("192.0.2.1", 9)
"""An address for documentation (RFC 5737). Connecting a datagram socket sends nothing; it asks the
system which of its own addresses it would use."""


class DockerDaemon:
    """A daemon that is reachable. Its methods block."""

    def __init__(self) -> None:
        """Connect as ``DOCKER_HOST``, the Docker context or the default socket says.

        Raises:
            UsageError: the extra is not installed, or no daemon answers.
        """
        try:
            import docker
            from testcontainers.core.docker_client import DockerClient, get_docker_host
        except ImportError as fault:
            raise UsageError(
                f"--worker-image takes testcontainers, which is not installed ({fault}); "
                "run `pip install 'iii-conformance[containers]'`"
            ) from None
        self._errors = docker.errors
        self.host = get_docker_host() or "the default socket"
        try:
            self.client: Any = DockerClient().client
            self._info = self.client.info()
        except Exception as fault:  # noqa: BLE001 - of three libraries beneath; all mean the same
            raise UsageError(
                f"no Docker daemon answers at {self.host}: {_innermost(fault)}\n"
                "Start Docker, or point DOCKER_HOST to a daemon; "
                "`python -m conformance doctor` shows what is there."
            ) from None
        self.run = uuid.uuid4().hex
        _keep_ryuk_to_what_is_there(self.client)

    @property
    def version(self) -> str:
        """The daemon's version and system, as text."""
        return f"{self._info.get('ServerVersion')} on {self._info.get('OperatingSystem')}"

    @property
    def labels(self) -> dict[str, str]:
        """The labels that a container of this run carries."""
        return {RUN: self.run, OWNER: _owner(psutil.Process())}

    def require(self, image: str) -> None:
        """Make sure that an image is there, and pull it if it is not.

        Raises:
            UsageError: it is not available.
        """
        try:
            self.client.images.get(image)
        except self._errors.ImageNotFound:
            try:
                self.client.images.pull(image)
            except (self._errors.APIError, OSError) as fault:
                raise UsageError(
                    f"--worker-image: the image {image!r} is neither here nor can it be pulled: "
                    f"{_innermost(fault)}\nBuild it (`docker build -t {image} .`), load it, or "
                    "check its name; `docker images` shows what is there."
                ) from None
        except self._errors.APIError as fault:
            raise UsageError(f"--worker-image: {image!r}: {_innermost(fault)}") from None

    def network(self, name: str) -> route.Network:
        """A network by its name or id.

        Raises:
            UsageError: there is none.
        """
        if name in ("host", "none"):
            return route.Network(name)
        try:
            found = self.client.networks.get(name)
        except (self._errors.NotFound, self._errors.APIError):
            names = ", ".join(sorted(each.name for each in self.client.networks.list()))
            raise UsageError(
                f"--worker-network: there is no network {name!r}; the daemon has: {names}"
            ) from None
        configured = (found.attrs.get("IPAM") or {}).get("Config") or []
        gateways = [each["Gateway"] for each in configured if each.get("Gateway")]
        # Only a bridge ends on this machine; the gateways of other drivers are other machines.
        is_bridge = found.attrs.get("Driver") == "bridge"
        return route.Network(found.name, gateways[0] if is_bridge and gateways else None)

    def facts(self) -> route.Daemon:
        """The facts that decide how a container reaches an engine of this process."""
        parts = urlsplit(self.host)
        elsewhere = parts.hostname if parts.scheme in ("tcp", "http", "https", "ssh") else None
        if elsewhere in ("localhost", "127.0.0.1", "::1"):
            elsewhere = None
        own = self._own_container()
        return route.Daemon(
            virtual=sys.platform != "linux" or "Desktop" in self._info.get("OperatingSystem", ""),
            rootless=any("rootless" in each for each in self._info.get("SecurityOptions") or ()),
            machine=elsewhere,
            address=_own_address((elsewhere, parts.port or 2375) if elsewhere else NO_PACKET),
            own_container=own.id if own else None,
            own_addresses=_addresses(own) if own else (),
        )

    def sweep(self) -> None:
        """Remove the containers of this run, and of runs on this machine that have ended."""
        with suppress(Exception):  # the daemon may be gone by now, and with it what to remove
            for container in self.client.containers.list(
                all=True, ignore_removed=True, filters={"label": OWNER}
            ):
                labels = container.labels
                if labels.get(RUN) == self.run or _is_gone(labels[OWNER]):
                    with suppress(self._errors.APIError):
                        container.remove(force=True, v=True)

    def _own_container(self) -> Any:
        """The container in which this process runs, if this daemon started it."""
        if not os.path.exists("/.dockerenv"):  # noqa: PTH110 - what Docker puts into each
            return None
        with suppress(self._errors.APIError):
            # A container's host name is the beginning of its id, unless the user chose another.
            found = self.client.containers.get(socket.gethostname())
            mode = found.attrs["HostConfig"]["NetworkMode"]
            return None if mode == "host" else found
        return None


def _addresses(container: Any) -> tuple[tuple[str, str], ...]:
    networks = container.attrs["NetworkSettings"]["Networks"]
    return tuple((name, each["IPAddress"]) for name, each in networks.items() if each["IPAddress"])


def _own_address(towards: tuple[str, int]) -> str:
    with suppress(OSError), socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asking:
        asking.connect(towards)
        return str(asking.getsockname()[0])
    return route.LOOPBACK


def _machine() -> str:
    """Where process ids mean the same: a container may share the host name, but not these."""
    try:
        return f"{socket.gethostname()}:{os.stat('/proc/self/ns/pid').st_ino}"  # noqa: PTH116
    except OSError:  # not Linux
        return socket.gethostname()


def _owner(process: psutil.Process) -> str:
    return f"{_machine()}/{process.pid}/{process.create_time():.2f}"


def _is_gone(owner: str) -> bool:
    host, _, rest = owner.rpartition("/")[0].rpartition("/")
    if host != _machine() or not rest.isdigit():
        return False
    try:
        return _owner(psutil.Process(int(rest))) != owner
    except psutil.NoSuchProcess:
        return True


def _keep_ryuk_to_what_is_there(client: Any) -> None:
    """Let testcontainers start its reaper only if its image is there already.

    Containers are removed by ``sweep``; a run must not fail for an image it does not need.
    """
    from testcontainers.core.config import testcontainers_config

    if not testcontainers_config.ryuk_disabled:
        try:
            client.images.get(testcontainers_config.ryuk_image)
        except Exception:  # noqa: BLE001 - not there, in whatever way
            testcontainers_config.ryuk_disabled = True


def _innermost(fault: BaseException) -> str:
    """The message that names the cause, of an exception that wraps others."""
    explanation = getattr(fault, "explanation", None)
    if explanation:
        return str(explanation)
    cause: BaseException | None = fault
    while cause is not None:
        if isinstance(cause, OSError) and cause.strerror:
            return cause.strerror
        cause = cause.__cause__ or cause.__context__
    return str(fault)
