"""Telemetry of workers and health of the engine (``iii-observability``). Every engine has it."""

from __future__ import annotations

import json
import random
import time
from collections import deque
from collections.abc import Mapping
from typing import Any, ClassVar

from mock_engine.core import tracing
from mock_engine.inputs import Field, Form, is_anything, is_i32, is_size, is_u64, optional
from mock_engine.messages import InvokeFunction
from mock_engine.modules.base import NOTHING, Module, Offer
from mock_engine.modules.host import Host, Trace
from mock_engine.modules.telemetry import Telemetry
from mock_engine.modules.traces import Inspection

SEVERITIES: Mapping[str, int] = {"trace": 1, "debug": 5, "info": 9, "warn": 13, "error": 17}
"""Severity numbers of the OpenTelemetry log data model."""

KEPT = 1000
"""The most log records and spans that are kept, unless the configuration says otherwise."""

KEPT_METRICS = 10_000

LOG = Form(
    "OtelLogInput",
    (
        optional("trace_id"),
        optional("span_id"),
        Field("message"),
        optional("data", is_anything),
        optional("service_name"),
    ),
)
LIST = Form(
    "LogsListInput",
    (
        optional("start_time", is_u64),
        optional("end_time", is_u64),
        optional("trace_id"),
        optional("span_id"),
        optional("severity_min", is_i32),
        optional("severity_text"),
        optional("offset", is_size),
        optional("limit", is_size),
    ),
)
ENTRY = Form("BaggageGetInput", (Field("key"),))
NEW_ENTRY = Form("BaggageSetInput", (Field("key"), Field("value")))
ENTRIES = Form("BaggageGetAllInput", ())
CLEAR = Form("LogsClearInput", ())
HEALTH = Form("HealthCheckInput", ())
MILLION = 1_000_000
PRINTED = ("info", "warn", "error")
"""The levels for which the engine itself logs a line, which is also a record (engine 0.23)."""

WATCHED = ("service_name", "status")
"""The fields by which a trigger of type ``trace`` may be filtered."""

TARGET = "iii::workers::observability"
NO_TRACE = Trace(None)


class ObservabilityModule(Module):
    """``engine::log::*``, ``engine::logs::*``, ``engine::baggage::*``; the trigger type ``log``."""

    name = "iii-observability"
    title = "OpenTelemetry-based traces, metrics, logs, alerts, and sampling."
    has_entry = True
    trigger_types: ClassVar[Mapping[str, str]] = {
        "log": "Log event trigger",
        "trace": "Trace/span event trigger",
    }

    def __init__(self, host: Host, options: Mapping[str, Any]) -> None:
        super().__init__(host, options)
        self._records: deque[dict[str, Any]] = deque(maxlen=options.get("logs_max_count", KEPT))
        self._enabled = options.get("logs_enabled", True)
        self._sampled = options.get("logs_sampling_ratio", 1.0)
        self._service = options.get("service_name") or "iii"
        self.telemetry = Telemetry(
            spans=options.get("memory_max_spans", KEPT),
            metrics=options.get("metrics_max_count", KEPT_METRICS),
        )

    def functions(self) -> Mapping[str, Offer]:
        """The functions, by id."""
        logs = {
            f"engine::log::{level}": Offer(self._log, described(level, number))
            for level, number in SEVERITIES.items()
        }
        return logs | {
            **Inspection(self.telemetry, self.options).functions(),
            "engine::logs::list": Offer(
                self._list,
                "Stored log records, the newest first, narrowed by time, trace, span or severity.",
            ),
            "engine::logs::clear": Offer(self._clear, "Forget all stored log records."),
            "engine::baggage::get": Offer(
                self._entry,
                "Return one entry of the caller's baggage as { value }, null when it has no such "
                "entry. For diagnosis.",
            ),
            "engine::baggage::set": Offer(
                self._set_entry,
                "Check a key and a value for a baggage. Neither the caller nor any later call "
                "gets the entry: an SDK sends baggage with each invocation.",
            ),
            "engine::baggage::get_all": Offer(
                self._entries,
                "Return all entries of the caller's baggage as { baggage }. For diagnosis.",
            ),
            "engine::health::check": Offer(
                self._health, "The health of the engine and of its parts, and its version."
            ),
        }

    def _log(self, call: InvokeFunction) -> Any:
        inputs = LOG.read(call.data, call.function_id)
        if not self._enabled or random.random() >= self._sampled:  # noqa: S311 - a sample
            return NOTHING
        level = call.function_id.rpartition("::")[2]
        now, data = time.time_ns(), inputs["data"]
        trace = Trace.of(call)
        caller = tracing.ids(call.traceparent) or (None, None)
        record = {
            "timestamp_unix_nano": now,
            "observed_timestamp_unix_nano": now,
            "severity_number": SEVERITIES[level],
            "severity_text": level.upper(),
            "body": inputs["message"],
            "attributes": data if isinstance(data, dict) else {},
            "trace_id": caller[0] if inputs["trace_id"] is None else inputs["trace_id"],
            "span_id": caller[1] if inputs["span_id"] is None else inputs["span_id"],
            "resource": {"service.name": self._service},
            "service_name": "unknown" if inputs["service_name"] is None else inputs["service_name"],
            "instrumentation_scope_name": "iii",
            "instrumentation_scope_version": self.host.release.version,
        }
        self._keep(record, trace)
        if level in PRINTED:
            self._keep(self._printed(record, inputs, trace), trace)
        return NOTHING

    def _printed(
        self, record: Mapping[str, Any], inputs: Mapping[str, Any], trace: Trace
    ) -> dict[str, Any]:
        """The line that the engine itself logs for a call, as a separate record."""
        trace_id, span_id = tracing.ids(trace.parent) or (None, None)
        shown = {
            name: "None" if inputs[name] is None else f"Some({json.dumps(inputs[name])})"
            for name in ("trace_id", "span_id")
        }
        attributes = {
            "service": record["service_name"],
            "data": {} if inputs["data"] is None else inputs["data"],
            "target": TARGET,
            "module_path": TARGET,
        }
        return dict(record) | {
            "attributes": attributes | shown,
            "trace_id": trace_id,
            "span_id": span_id,
            "service_name": self._service,
            "instrumentation_scope_name": "tracing",
            "instrumentation_scope_version": None,
        }

    def _keep(self, record: dict[str, Any], trace: Trace = NO_TRACE) -> None:
        """Keep a record, and call the functions that are bound to its level."""
        self._records.appendleft(record)
        level = record["severity_text"].lower()
        for bound in self.bindings.values():
            wanted = bound.setting("level")
            if bound.trigger_type == "log" and (
                not isinstance(wanted, str) or wanted in ("all", level)
            ):
                self.host.fire(
                    bound.function_id,
                    record,
                    namespace=bound.namespace,
                    metadata=bound.metadata,
                    traceparent=trace.parent,
                )

    def take(self, frame: bytes) -> bool:
        """Keep the telemetry in a frame with a prefix; return whether it is such a frame."""
        before = self.telemetry.reported
        records = self.telemetry.take(frame)
        for record in records or ():
            self._keep(record)
        count = self.telemetry.reported - before
        if count:
            self._notify_traces(list(self.telemetry.spans)[-count:])
        return records is not None

    def _notify_traces(self, spans: list[dict[str, Any]]) -> None:
        """Notify the triggers of type ``trace`` about traces with new spans."""
        for bound in self.bindings.values():
            if bound.trigger_type != "trace":
                continue
            touched = {
                span["trace_id"]
                for span in spans
                if all(_is_like(bound.setting(name), span[name]) for name in WATCHED)
            }
            if touched:
                notice = {"trace_ids": sorted(touched, key=str)}
                self.host.fire(bound.function_id, notice, namespace=bound.namespace)

    @property
    def records(self) -> list[dict[str, Any]]:
        """The log records that are kept, the newest first."""
        return list(self._records)

    def _list(self, call: InvokeFunction) -> Any:
        query = LIST.read(call.data, call.function_id)
        found = [record for record in self._records if _matches(record, query)]
        first = query["offset"] or 0
        most = len(found) if query["limit"] is None else query["limit"]
        return {
            "logs": found[first : first + most],
            "total": len(found),
            "query": query,
            "timestamp": time.time_ns() // MILLION,
        }

    def _clear(self, call: InvokeFunction) -> Any:
        CLEAR.read(call.data, call.function_id)
        self._records.clear()
        return {"success": True}

    def _entry(self, call: InvokeFunction) -> Any:
        key = ENTRY.read(call.data, call.function_id)["key"]
        return {"value": tracing.entries(call.baggage).get(key)}

    def _set_entry(self, call: InvokeFunction) -> Any:
        NEW_ENTRY.read(call.data, call.function_id)
        note = "Baggage set in new context. For propagation, use SDK-level baggage headers."
        return {"success": True, "note": note}

    def _entries(self, call: InvokeFunction) -> Any:
        ENTRIES.read(call.data, call.function_id)
        return {"baggage": tracing.entries(call.baggage)}

    def _health(self, call: InvokeFunction) -> Any:
        HEALTH.read(call.data, call.function_id)
        details = {"stored": len(self._records)}
        parts = ("logs", "metrics", "otel", "spans")
        return {
            "status": "healthy",
            "timestamp": time.time_ns() // MILLION,
            "version": self.host.release.version,
            "components": {part: {"status": "healthy", "details": details} for part in parts},
        }


def _is_like(wanted: Any, value: Any) -> bool:
    return not isinstance(wanted, str) or wanted.lower() == str(value).lower()


def described(level: str, number: int) -> str:
    """The description that engine 0.23 gives one of its log functions."""
    article = "an" if level[0] in "aeio" else "a"
    return (
        f"Record {article} {level.upper()}-level OTEL log (severity {number}) with optional "
        "trace/span correlation and structured data. No-op when logs_enabled is false or dropped "
        "by logs_sampling_ratio."
    )


def _matches(record: Mapping[str, Any], query: Mapping[str, Any]) -> bool:
    """Whether a record matches a query; the query's times are in milliseconds since the epoch."""
    at = record["timestamp_unix_nano"] // MILLION
    return (
        all(query[name] in (None, record[name]) for name in ("trace_id", "span_id"))
        and (query["severity_min"] or 0) <= record["severity_number"]
        and (query["severity_text"] or record["severity_text"]).upper() == record["severity_text"]
        and (query["start_time"] or 0) <= at
        and (query["end_time"] is None or at <= query["end_time"])
    )
