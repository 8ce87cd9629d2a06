"""What becomes of a message on its way through the engine."""

from __future__ import annotations

import re

import pytest

from mock_engine.core.constants import DEFAULT
from mock_engine.core.forwarding import (
    fresh_trace,
    offer,
    or_absent,
    with_caller,
    with_identity,
)
from mock_engine.core.peers import Peer
from mock_engine.core.triggers import Binding
from mock_engine.messages import ABSENT, NULL, RegisterTrigger, payload

TRACE = "0af7651916cd43dd8448eb211c80319c"


def new_id() -> str:
    return "11111111-2222-4333-8444-555555555555"


@pytest.mark.parametrize("data", [b"null", b"5", b"[1, 2]", b'"text"', b" 1.50"])
def test_data_that_is_no_object_keeps_its_bytes(data: bytes) -> None:
    raw = type(NULL)(data)

    assert bytes(with_caller(raw, "w")) == data


def test_an_object_gets_its_caller_and_keeps_the_bytes_of_its_fields() -> None:
    raw = type(NULL)(b'{ "n": 1.0, "_caller_worker_id": "forged"}')

    assert bytes(with_caller(raw, "w")) == b'{"n":1.0,"_caller_worker_id":"w"}'


def test_an_identity_is_the_sdks_and_the_peers() -> None:
    peer = Peer(1, "id", "", "", 0, name="n")

    found = with_identity(payload({"function_id": "f", "worker_id": "forged"}), peer)

    assert found == payload({"function_id": "f", "worker_id": "id", "worker_name": "n"})


def test_null_counts_as_absent() -> None:
    assert or_absent(NULL) is ABSENT
    assert or_absent(payload(1)) == payload(1)


def test_a_new_span_stays_in_its_trace() -> None:
    within = fresh_trace(new_id, f"00-{TRACE}-b7ad6b7169203331-01")

    assert re.fullmatch(rf"00-{TRACE}-[0-9a-f]{{16}}-01", within)
    assert within != f"00-{TRACE}-b7ad6b7169203331-01"


def test_a_trace_begins_where_there_is_none() -> None:
    assert re.fullmatch(r"00-[0-9a-f]{32}-[0-9a-f]{16}-01", fresh_trace(new_id))


@pytest.mark.parametrize(("namespace", "shown"), [(None, None), (DEFAULT, None), ("x", "x")])
def test_a_provider_is_told_any_namespace_but_the_default_one(
    namespace: str | None, shown: str | None
) -> None:
    spec = RegisterTrigger("t", "tick", "a::b", NULL, namespace=namespace)

    offered = offer(Binding(1, DEFAULT, spec), DEFAULT)

    assert (offered.namespace, offered.trigger_namespace) == (shown, None)
