"""Reading frames of telemetry."""

from __future__ import annotations

import json
from typing import Any

import pytest

from mock_engine.modules.telemetry import Telemetry


def frame(prefix: str, body: Any) -> bytes:
    return prefix.encode() + json.dumps(body).encode()


def spans(*ids: str) -> Any:
    service = {"key": "service.name", "value": {"stringValue": "shop"}}
    records = [{"spanId": each, "traceId": "t", "startTimeUnixNano": "5"} for each in ids]
    scope = {"scopeSpans": [{"spans": records}]}
    return {"resourceSpans": [{"resource": {"attributes": [service]}, **scope}]}


def test_spans_are_kept_with_the_service_that_reported_them() -> None:
    telemetry = Telemetry()

    assert telemetry.take(frame("OTLP", spans("a"))) == []
    (span,) = telemetry.spans
    assert (span["span_id"], span["service_name"]) == ("a", "shop")
    assert (span["start_time_unix_nano"], span["status"]) == (5, "unset")


def test_only_the_newest_spans_are_kept() -> None:
    telemetry = Telemetry(spans=2)

    telemetry.take(frame("OTLP", spans("a", "b", "c")))

    assert [span["span_id"] for span in telemetry.spans] == ["b", "c"]
    assert telemetry.reported == 3


@pytest.mark.parametrize("data", [b"", b"JSON{}", b'{"type":"ping"}'])
def test_a_frame_without_a_prefix_is_no_telemetry(data: bytes) -> None:
    assert Telemetry().take(data) is None


def test_what_cannot_be_read_is_dropped() -> None:
    telemetry = Telemetry()

    assert telemetry.take(b"OTLP{") == []
    assert not telemetry.spans
