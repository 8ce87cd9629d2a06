"""How a message changes on its way through the engine."""

from __future__ import annotations

import pytest
from msgspec import Raw

from mock_engine.core.constants import DEFAULT
from mock_engine.core.forwarding import (
    offer,
    or_absent,
    with_caller,
    with_identity,
)
from mock_engine.core.peers import Peer
from mock_engine.core.triggers import Binding
from mock_engine.messages import ABSENT, NULL, RegisterTrigger, payload


@pytest.mark.parametrize("data", [b"null", b"5", b"[1, 2]", b'"text"', b" 1.50"])
def test_data_that_is_no_object_keeps_its_bytes(data: bytes) -> None:
    assert bytes(with_caller(Raw(data), "w")) == data


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b"{}", b'{"_caller_worker_id":"w"}'),
        (b'{ "n": 1.0, "z":[ ]}', b'{"_caller_worker_id":"w","n": 1.0, "z":[ ]}'),
        (b' {"a":"\xc3\xbc"}', b'{"_caller_worker_id":"w","a":"\xc3\xbc"}'),
        (b'{"n": 1.0, "_caller_worker_id": "forged"}', b'{"_caller_worker_id":"w","n":1.0}'),
        (b'{"\\u005fcaller_worker_id": "forged"}', b'{"_caller_worker_id":"w"}'),
    ],
)
def test_an_object_gets_its_caller_in_front_and_keeps_its_bytes(
    data: bytes, expected: bytes
) -> None:
    assert bytes(with_caller(Raw(data), "w")) == expected


def test_an_identity_is_the_sdks_and_the_peers() -> None:
    peer = Peer(1, "id", "", "", 0, name="n")

    found = with_identity(payload({"function_id": "f", "worker_id": "forged"}), peer)

    assert found == payload({"function_id": "f", "worker_id": "id", "worker_name": "n"})


def test_null_counts_as_absent() -> None:
    assert or_absent(NULL) is ABSENT
    assert or_absent(payload(1)) == payload(1)


@pytest.mark.parametrize(("namespace", "shown"), [(None, None), (DEFAULT, None), ("x", "x")])
def test_a_provider_is_told_any_namespace_but_the_default_one(
    namespace: str | None, shown: str | None
) -> None:
    spec = RegisterTrigger("t", "tick", "a::b", NULL, namespace=namespace)

    offered = offer(Binding(1, DEFAULT, spec), DEFAULT)

    assert (offered.namespace, offered.trigger_namespace) == (shown, None)
