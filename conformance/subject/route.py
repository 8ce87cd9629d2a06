"""How a container reaches an engine that runs beside the daemon, or elsewhere. Pure.

The engine listens on loopback if that is enough, and otherwise on the one address that the
container's network can reach, never on all.

* A daemon of this Linux machine: the container shares the machine's network.
* A daemon in a virtual machine (Docker Desktop and similar, on macOS and Windows): the name
  ``host.docker.internal`` leads to the loopback of the machine outside.
* A daemon that started the container in which the suite itself runs: the worker's container
  shares that one's network.
* A rootless daemon, whose "host" network is not the machine's, and a daemon of another machine:
  the address that this machine has in its network.
* A network that the user names: its gateway, which is this machine.
"""

from __future__ import annotations

from dataclasses import dataclass

from conformance.errors import UsageError

LOOPBACK = "127.0.0.1"
OUTSIDE = "host.docker.internal"


@dataclass(frozen=True, slots=True)
class Daemon:
    """What is known about the daemon and about where the suite runs.

    ``machine`` is the host name of a daemon that is not on this machine; ``address`` is this
    machine's own address as seen from there, or from its network. ``own_container`` is the id
    of the container in which the suite runs, if this daemon started it, and ``own_addresses``
    are that container's addresses by network.
    """

    virtual: bool = False
    rootless: bool = False
    machine: str | None = None
    address: str = LOOPBACK
    own_container: str | None = None
    own_addresses: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Network:
    """A network that the user names: its ``gateway`` is this machine's address in it."""

    name: str
    gateway: str | None = None


@dataclass(frozen=True, slots=True)
class Route:
    """Where the engine listens and which host the worker dials.

    ``network`` is the container's; ``None`` is the daemon's default.
    """

    network: str | None
    listens_on: str
    host: str

    def __str__(self) -> str:
        """The route in words, for the header of a run."""
        kind, _, own = (self.network or "").partition("container:")
        network = f"network {kind}" if kind else f"network of container {own[:12]}"
        network = network if self.network else "default network"
        if self.listens_on == LOOPBACK:
            return f"{network}, engine at {self.host}"
        return f"{network}, engine at {self.host}, which this network can reach"


def route(daemon: Daemon, network: Network | None) -> Route:
    """Where engine and worker meet.

    Raises:
        UsageError: the network leads to no engine.
    """
    name = network.name if network else None
    if name == "none":
        raise UsageError(
            "--worker-network=none leaves the worker without an engine; leave the option out, "
            "or name a network that reaches this machine"
        )
    if daemon.machine is not None:
        return Route(name, daemon.address, daemon.address)
    if daemon.own_container is not None:
        return _beside_own_container(daemon, name)
    if daemon.virtual:
        return Route(name, LOOPBACK, OUTSIDE)
    if daemon.rootless:
        return Route(name, daemon.address, daemon.address)
    if network is None or name == "host":
        return Route("host", LOOPBACK, LOOPBACK)
    if network.gateway is None:
        raise UsageError(
            f"--worker-network={name}: this network has no gateway, so that no engine on this "
            "machine can be reached from it; name a network of the bridge driver, or leave the "
            "option out for the machine's own network"
        )
    return Route(name, network.gateway, network.gateway)


def _beside_own_container(daemon: Daemon, name: str | None) -> Route:
    if name is None:
        return Route(f"container:{daemon.own_container}", LOOPBACK, LOOPBACK)
    address = dict(daemon.own_addresses).get(name)
    if name == "host":
        raise UsageError(
            "--worker-network=host: the suite runs in a container that is not in the host's "
            "network; run it with `docker run --network host`, or leave the option out: the "
            "worker then shares this container's network"
        )
    if address is None:
        raise UsageError(
            f"--worker-network={name}: the suite runs in the container "
            f"{str(daemon.own_container)[:12]}, which is not in that network; connect it with "
            f"`docker network connect {name} {str(daemon.own_container)[:12]}`, or leave the "
            "option out: the worker then shares this container's network"
        )
    return Route(name, address, address)
