"""Telemetry that workers report: spans, metrics and logs, in frames with a prefix.

A frame is four letters and OTLP in its JSON form: ``OTLP`` has spans, ``MTRC`` metrics, ``LOGS``
log records. Only the newest of each are kept.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Mapping
from typing import Any

import msgspec

SPANS, METRICS, LOGS = b"OTLP", b"MTRC", b"LOGS"
PREFIX = 4

Record = dict[str, Any]

STATUS = {0: "unset", 1: "ok", 2: "error"}
"""Names of the status codes of spans in OTLP."""


class Telemetry:
    """The spans, metrics and log records that were received, the oldest first.

    ``reported`` is the total number of spans.
    """

    def __init__(self, *, spans: int = 1000, metrics: int = 10_000) -> None:
        self.spans: deque[Record] = deque(maxlen=spans)
        self.metrics: deque[Record] = deque(maxlen=metrics)
        self.reported = 0

    def take(self, frame: bytes) -> list[Record] | None:
        """Keep the content of a frame, and return its log records; ``None`` for any other frame."""
        prefix = frame[:PREFIX]
        if prefix not in (SPANS, METRICS, LOGS):
            return None
        try:
            body = msgspec.json.decode(frame[PREFIX:])
            if prefix == LOGS:
                return list(_logs(body))
            if prefix == SPANS:
                spans = list(_spans(body))
                self.reported += len(spans)
                self.spans.extend(spans)
            else:
                self.metrics.extend(_metrics(body))
        except (msgspec.DecodeError, RecursionError):
            pass  # malformed telemetry is dropped
        return []


def _spans(body: Any) -> Iterator[Record]:
    for resource, _, span in _leaves(body, "resourceSpans", "scopeSpans", "spans"):
        status = _part(span, "status")
        yield {
            "trace_id": span.get("traceId"),
            "span_id": span.get("spanId"),
            "parent_span_id": span.get("parentSpanId") or None,
            "name": span.get("name"),
            "kind": span.get("kind"),
            "start_time_unix_nano": whole(span.get("startTimeUnixNano")),
            "end_time_unix_nano": whole(span.get("endTimeUnixNano")),
            "status": STATUS.get(whole(status.get("code")), "unset"),
            "status_description": status.get("message") or None,
            "attributes": attributes(span.get("attributes")),
            "service_name": resource.get("service.name", "unknown"),
            "events": span.get("events") or [],
            "links": span.get("links") or [],
        }


def _metrics(body: Any) -> Iterator[Record]:
    kinds = ("sum", "gauge", "histogram", "exponentialHistogram", "summary")
    for resource, scope, metric in _leaves(body, "resourceMetrics", "scopeMetrics", "metrics"):
        kind = next((name for name in kinds if isinstance(metric.get(name), dict)), "gauge")
        yield {
            "name": metric.get("name"),
            "description": metric.get("description") or "",
            "unit": metric.get("unit") or "",
            "metric_type": kind,
            "data_points": _part(metric, kind).get("dataPoints") or [],
            "service_name": resource.get("service.name", "unknown"),
            "instrumentation_scope_name": scope.get("name"),
        }


def _logs(body: Any) -> Iterator[Record]:
    for resource, scope, log in _leaves(body, "resourceLogs", "scopeLogs", "logRecords"):
        yield {
            "timestamp_unix_nano": whole(log.get("timeUnixNano")),
            "observed_timestamp_unix_nano": whole(log.get("observedTimeUnixNano")),
            "severity_number": whole(log.get("severityNumber")),
            "severity_text": str(log.get("severityText") or "INFO"),
            "body": _value(log.get("body")),
            "attributes": attributes(log.get("attributes")),
            "trace_id": log.get("traceId") or None,
            "span_id": log.get("spanId") or None,
            "resource": resource,
            "service_name": resource.get("service.name", "unknown"),
            "instrumentation_scope_name": scope.get("name"),
            "instrumentation_scope_version": scope.get("version"),
        }


def _leaves(body: Any, *levels: str) -> Iterator[tuple[Record, Record, Record]]:
    """Each record of an OTLP document with its resource attributes and its scope."""
    outer, inner, leaf = levels
    for group in _list(body, outer):
        resource = attributes(_part(group, "resource").get("attributes"))
        for part in _list(group, inner):
            for record in _list(part, leaf):
                yield resource, _part(part, "scope"), record


def _list(value: Any, name: str) -> list[Record]:
    found = value.get(name) if isinstance(value, dict) else None
    return [item for item in found if isinstance(item, dict)] if isinstance(found, list) else []


def _part(value: Mapping[str, Any], name: str) -> Record:
    found = value.get(name)
    return found if isinstance(found, dict) else {}


def attributes(pairs: Any) -> Record:
    """OTLP's list of keys and values as an object."""
    found = [pair for pair in pairs if isinstance(pair, dict)] if isinstance(pairs, list) else []
    return {str(pair.get("key")): _value(pair.get("value")) for pair in found}


def _value(value: Any) -> Any:
    """An OTLP value without its wrapper."""
    if not isinstance(value, dict) or len(value) != 1:
        return value
    ((kind, inner),) = value.items()
    if kind == "intValue":
        return whole(inner)
    if kind == "arrayValue":
        items = inner.get("values") if isinstance(inner, dict) else None
        return [_value(item) for item in items] if isinstance(items, list) else []
    if kind == "kvlistValue":
        return attributes(inner.get("values") if isinstance(inner, dict) else None)
    return inner


def whole(value: Any) -> int:
    """A whole number, which OTLP may write as a string; 0 for anything else."""
    try:
        return int(value)
    except (TypeError, ValueError, OverflowError):
        return 0
