"""Queries about the telemetry that the engine keeps: traces, metrics, sampling, alerts."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping
from typing import Any

from mock_engine.failures import Failure
from mock_engine.inputs import (
    Field,
    Form,
    is_anything,
    is_flag,
    is_list,
    is_number,
    is_size,
    is_u64,
    optional,
)
from mock_engine.messages import InvokeFunction
from mock_engine.modules.base import Offer
from mock_engine.modules.telemetry import Record, Telemetry

MILLION = 1_000_000
MOST = 100

QUERY = Form(
    "TracesListInput",
    (
        optional("trace_id"),
        optional("offset", is_size),
        optional("limit", is_size),
        optional("service_name"),
        optional("name"),
        optional("status"),
        optional("min_duration_ms", is_number),
        optional("max_duration_ms", is_number),
        optional("start_time", is_u64),
        optional("end_time", is_u64),
        optional("sort_by"),
        optional("sort_order"),
        optional("attributes", is_list),
        optional("include_internal", is_flag),
    ),
)
TREE = Form("TracesTreeInput", (Field("trace_id"),))
GROUP = Form("TracesGroupByInput", (Field("attribute"), optional("limit", is_size)))
METRICS = Form(
    "MetricsListInput",
    (
        optional("start_time", is_u64),
        optional("end_time", is_u64),
        optional("metric_name"),
        optional("aggregate_interval", is_u64),
    ),
)
ROLLUPS = Form(
    "RollupsListInput",
    (
        optional("start_time", is_u64),
        optional("end_time", is_u64),
        optional("level", is_anything),
        optional("metric_name"),
    ),
)


CLEAR = Form("TracesClearInput", ())
ALERTS = Form("AlertsListInput", ())
EVALUATE = Form("AlertsEvaluateInput", ())


class Inspection:
    """Functions that read the telemetry; ``options`` are those of the observability module."""

    def __init__(self, telemetry: Telemetry, options: Mapping[str, Any]) -> None:
        self._telemetry = telemetry
        self._options = options

    def functions(self) -> Mapping[str, Offer]:
        """The functions, by id."""
        return {
            "engine::traces::list": Offer(
                self._list,
                "The first span of each stored trace, narrowed and sorted; up to 100 at a time.",
            ),
            "engine::traces::spans": Offer(
                self._spans, "Stored spans, narrowed and sorted; up to 100 at a time."
            ),
            "engine::traces::tree": Offer(
                self._tree, "The spans of one trace by `trace_id`, each with its children."
            ),
            "engine::traces::group_by": Offer(
                self._group,
                "How many spans have each value of an `attribute`, failed, and how long all ran.",
            ),
            "engine::traces::clear": Offer(self._clear, "Forget all stored spans."),
            "engine::metrics::list": Offer(
                self._metrics, "The metrics that workers reported, by `metric_name` or all."
            ),
            "engine::rollups::list": Offer(
                self._rollups, "Rolled-up metrics; this engine rolls up none."
            ),
            "engine::sampling::rules": Offer(
                self._sampling, "The sampling rules of the configuration."
            ),
            "engine::alerts::list": Offer(
                self._alerts, "The alert rules of the configuration and their states."
            ),
            "engine::alerts::evaluate": Offer(
                self._evaluate, "Evaluate the alert rules now; this engine raises none."
            ),
        }

    def _kept(self) -> list[Record]:
        if self._options.get("exporter", "memory") not in ("memory", "both"):
            text = (
                "In-memory span storage is not available. Set exporter: memory or both in config."
            )
            raise Failure("memory_exporter_not_enabled", text)
        return list(self._telemetry.spans)

    def _list(self, call: InvokeFunction) -> Any:
        query = QUERY.read(call.data, call.function_id)
        known = {span["span_id"] for span in self._kept()}
        return self._answer(query, (s for s in self._kept() if s["parent_span_id"] not in known))

    def _spans(self, call: InvokeFunction) -> Any:
        return self._answer(QUERY.read(call.data, call.function_id), self._kept())

    def _answer(self, query: Record, spans: Iterable[Record]) -> Record:
        found = [span for span in spans if _matches(span, query)]
        key = {"duration": _duration, "duration_ms": _duration, "name": _name}
        found.sort(
            key=key.get(query["sort_by"] or "", _start), reverse=query["sort_order"] == "desc"
        )
        first = query["offset"] or 0
        most = MOST if query["limit"] is None else query["limit"]
        page = found[first : first + most]
        return {"spans": page, "total": len(found), "offset": first, "limit": most}

    def _tree(self, call: InvokeFunction) -> Any:
        wanted = TREE.read(call.data, call.function_id)["trace_id"]
        nodes = {
            span["span_id"]: span | {"children": []}
            for span in self._kept()
            if span["trace_id"] == wanted
        }
        roots: list[Record] = []
        for node in sorted(nodes.values(), key=_start):
            parent = nodes.get(node["parent_span_id"])
            (roots if parent is None else parent["children"]).append(node)
        return {"roots": roots}

    def _group(self, call: InvokeFunction) -> Any:
        wanted = GROUP.read(call.data, call.function_id)
        groups: dict[str, list[Record]] = {}
        for span in self._kept():
            if wanted["attribute"] in span["attributes"]:
                key = str(span["attributes"][wanted["attribute"]])
                groups.setdefault(key, []).append(span)
        rows = [
            {
                "key": key,
                "label": key,
                "count": len(spans),
                "error_count": sum(span["status"] == "error" for span in spans),
                "avg_duration_ms": sum(map(_duration, spans)) / len(spans),
            }
            for key, spans in groups.items()
        ]
        rows.sort(key=lambda row: (-int(str(row["count"])), str(row["key"])))
        return {"groups": rows[: wanted["limit"]]}

    def _clear(self, call: InvokeFunction) -> Any:
        CLEAR.read(call.data, call.function_id)
        self._kept()
        self._telemetry.spans.clear()
        return {"success": True}

    def _metrics(self, call: InvokeFunction) -> Any:
        query = METRICS.read(call.data, call.function_id)
        return {
            "engine_metrics": {},
            "sdk_metrics": [
                metric
                for metric in self._telemetry.metrics
                if query["metric_name"] in (None, metric["name"])
            ],
            "timestamp": time.time_ns() // MILLION,
            "query": query,
        }

    def _rollups(self, call: InvokeFunction) -> Any:
        query = ROLLUPS.read(call.data, call.function_id)
        answer: Record = {"rollups": [], "histogram_rollups": [], "level": query["level"] or 0}
        return answer | {"query": query, "timestamp": time.time_ns() // MILLION}

    def _sampling(self, call: InvokeFunction) -> Any:
        del call
        sampling = self._options.get("sampling") or {}
        default = self._options.get("sampling_ratio", 1.0)
        return {"default": sampling.get("default", default), "rules": sampling.get("rules", [])}

    def _alerts(self, call: InvokeFunction) -> Any:
        ALERTS.read(call.data, call.function_id)
        rules = self._options.get("alerts") or []
        return {"alerts": [{"rule": rule, "state": "ok"} for rule in rules]}

    def _evaluate(self, call: InvokeFunction) -> Any:
        EVALUATE.read(call.data, call.function_id)
        return {"evaluated": len(self._options.get("alerts") or []), "triggered": []}


def _duration(span: Record) -> float:
    """The duration of a span in milliseconds."""
    length: int = span["end_time_unix_nano"] - span["start_time_unix_nano"]
    return length / MILLION


def _start(span: Record) -> Any:
    return span["start_time_unix_nano"]


def _name(span: Record) -> Any:
    return span["name"] or ""


def _matches(span: Record, query: Record) -> bool:
    """Whether a span matches a query; the query's times are in milliseconds since the epoch."""
    if query["trace_id"] not in (None, span["trace_id"]):
        return False
    for name in ("service_name", "name", "status"):
        if query[name] is not None and query[name].lower() not in str(span[name]).lower():
            return False
    low, high = query["min_duration_ms"], query["max_duration_ms"]
    if (low is not None and _duration(span) < low) or (high is not None and _duration(span) > high):
        return False
    begin, end = query["start_time"], query["end_time"]
    if begin is not None and span["end_time_unix_nano"] < begin * MILLION:
        return False
    if end is not None and span["start_time_unix_nano"] > end * MILLION:
        return False
    pairs = [
        pair for pair in query["attributes"] or () if isinstance(pair, list) and len(pair) == 2
    ]
    return all(str(span["attributes"].get(name)) == str(value) for name, value in pairs)
