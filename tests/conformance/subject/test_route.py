"""How containers reach an engine, for every kind of daemon."""

from __future__ import annotations

import pytest

from conformance.errors import UsageError
from conformance.subject.route import Daemon, Network, Route, route

HERE = Daemon(address="10.0.0.7")
OWN = Daemon(own_container="a" * 64, own_addresses=(("mine", "172.18.0.4"),))
NET = Network("mine", "172.18.0.1")


@pytest.mark.parametrize(
    ("daemon", "network", "expected"),
    [
        (HERE, None, Route("host", "127.0.0.1", "127.0.0.1")),
        (HERE, Network("host"), Route("host", "127.0.0.1", "127.0.0.1")),
        (HERE, NET, Route("mine", "172.18.0.1", "172.18.0.1")),
        (Daemon(virtual=True), None, Route(None, "127.0.0.1", "host.docker.internal")),
        (Daemon(virtual=True), NET, Route("mine", "127.0.0.1", "host.docker.internal")),
        (Daemon(rootless=True, address="10.0.0.7"), None, Route(None, "10.0.0.7", "10.0.0.7")),
        (Daemon(machine="far", address="10.0.0.7"), NET, Route("mine", "10.0.0.7", "10.0.0.7")),
        (OWN, None, Route(f"container:{'a' * 64}", "127.0.0.1", "127.0.0.1")),
        (OWN, NET, Route("mine", "172.18.0.4", "172.18.0.4")),
    ],
)
def test_the_engine_listens_where_the_container_reaches_it_and_nowhere_else(
    daemon: Daemon, network: Network | None, expected: Route
) -> None:
    assert route(daemon, network) == expected


@pytest.mark.parametrize(
    ("daemon", "network", "told"),
    [
        (HERE, Network("none"), "leaves the worker without an engine"),
        (HERE, Network("overlay"), "this network has no gateway"),
        (OWN, Network("host"), "run it with `docker run --network host`"),
        (OWN, Network("other"), "docker network connect other aaaaaaaaaaaa"),
    ],
)
def test_a_network_without_a_way_to_the_engine_is_a_usage_error(
    daemon: Daemon, network: Network, told: str
) -> None:
    with pytest.raises(UsageError, match=told):
        route(daemon, network)


def test_a_route_beyond_loopback_says_so() -> None:
    assert "which this network can reach" in str(route(HERE, NET))
    assert "can reach" not in str(route(HERE, None))


def test_a_route_names_its_network() -> None:
    assert str(route(HERE, None)).startswith("network host, ")
    assert str(route(OWN, None)).startswith("network of container aaaaaaaaaaaa, ")
    assert str(route(Daemon(virtual=True), None)).startswith("default network, ")
