"""Queries of the stored spans."""

from __future__ import annotations

import json
from typing import Any

import pytest

from mock_engine.failures import Failure
from mock_engine.messages import InvokeFunction, payload
from mock_engine.modules.telemetry import Telemetry
from mock_engine.modules.traces import Inspection


def reported(*spans: dict[str, Any], **options: Any) -> Inspection:
    telemetry = Telemetry()
    body = {"resourceSpans": [{"scopeSpans": [{"spans": list(spans)}]}]}
    telemetry.take(b"OTLP" + json.dumps(body).encode())
    return Inspection(telemetry, options)


def span(span_id: str, parent: str = "", name: str = "n", at: int = 0, took: int = 1) -> Any:
    times = {"startTimeUnixNano": at * 1_000_000, "endTimeUnixNano": (at + took) * 1_000_000}
    return {"traceId": "t", "spanId": span_id, "parentSpanId": parent, "name": name, **times}


def ask(inspection: Inspection, function_id: str, **data: Any) -> Any:
    call = InvokeFunction(function_id, payload(data))
    return inspection.functions()[function_id].handler(call)


def test_roots_are_listed_and_narrowed() -> None:
    inspection = reported(span("a", name="x", took=5), span("b", "a"), span("c", name="y"))

    found = ask(inspection, "engine::traces::list", min_duration_ms=2)

    assert [each["span_id"] for each in found["spans"]] == ["a"]
    assert ask(inspection, "engine::traces::list")["total"] == 2
    assert ask(inspection, "engine::traces::spans")["total"] == 3


def test_a_trace_is_a_tree() -> None:
    inspection = reported(span("a"), span("b", "a", at=2), span("c", "a", at=1))

    (root,) = ask(inspection, "engine::traces::tree", trace_id="t")["roots"]

    assert [each["span_id"] for each in root["children"]] == ["c", "b"]


def test_spans_that_are_exported_elsewhere_are_not_here() -> None:
    with pytest.raises(Failure, match="In-memory span storage"):
        ask(reported(span("a"), exporter="otlp"), "engine::traces::list")
