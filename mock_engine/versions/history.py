"""Which message, field, function and trigger type belongs to which versions, as data.

Anything that is in no table has existed since the oldest version. The JSON Schemas repeat the
ranges of messages and fields as ``x-since`` and ``x-until``; a test compares them with these
tables.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from mock_engine.versions.ranges import VersionRange

OLDEST, NEWEST = "0.3", "0.26"
"""The oldest and the newest known version of the protocol."""

RELEASED = "0.25"
"""The newest version with a final release, not just a pre-release."""

ENGINE = "0.23.0-rc.4"
"""The release of the engine that is reproduced by default."""

MESSAGES: Mapping[str, VersionRange] = {
    "engine/error": VersionRange("0.11"),
    "engine/functionregistered": VersionRange("0.25"),
    "engine/observeradded": VersionRange("0.25"),
    "engine/observeresult": VersionRange("0.25"),
    "engine/observerremoved": VersionRange("0.25"),
    "engine/observerstatechanged": VersionRange("0.25"),
    "engine/registertrigger": VersionRange(until="0.25"),
    "engine/registrationrejected": VersionRange("0.23"),
    "engine/triggerregistrationresult": VersionRange(until="0.25"),
    "engine/unregistertrigger": VersionRange(until="0.25"),
    "worker/invocationsobserved": VersionRange("0.25"),
    "worker/localinvocationstats": VersionRange("0.25"),
    "worker/observe": VersionRange("0.25"),
    "worker/observerack": VersionRange("0.25"),
    "worker/reattach": VersionRange("0.22"),
    "worker/registerservice": VersionRange(until="0.16"),
    "worker/registertrigger": VersionRange(until="0.25"),
    "worker/registertriggertype": VersionRange(until="0.25"),
    "worker/triggerregistrationresult": VersionRange(until="0.25"),
    "worker/unobserve": VersionRange("0.25"),
    "worker/unregistertrigger": VersionRange(until="0.25"),
    "worker/unregistertriggertype": VersionRange(until="0.25"),
}
"""Messages by sender and type."""

_TRACED, _SPACED = VersionRange("0.11"), VersionRange("0.23")
_OBSERVED, _HOOKED = VersionRange("0.25"), VersionRange("0.26")

FIELDS: Mapping[str, Mapping[str, VersionRange]] = {
    "engine/invocationresult": {"traceparent": _TRACED, "baggage": _TRACED},
    "engine/invokefunction": {
        "activation": _OBSERVED,
        "caller": _OBSERVED,
        "metadata": VersionRange("0.21.3"),
        "observe_depth": _OBSERVED,
        "traceparent": _TRACED,
        "baggage": _TRACED,
    },
    "engine/registertrigger": {
        "metadata": VersionRange("0.11"),
        "namespace": _SPACED,
        "trigger_namespace": _SPACED,
    },
    "engine/workerregistered": {
        "reattach_token": VersionRange("0.22"),
        "features": VersionRange("0.25"),
    },
    "functions/engine::workers::register": {"namespace": _SPACED, "features": VersionRange("0.25")},
    "worker/invocationresult": {
        "baggage": _TRACED,
        "delivered": _HOOKED,
        "matched": _HOOKED,
        "traceparent": _TRACED,
    },
    "worker/invokefunction": {
        "action": VersionRange("0.9"),
        "activation": _OBSERVED,
        "baggage": _TRACED,
        "caller": _OBSERVED,
        "metadata": VersionRange("0.21.3"),
        "namespace": _SPACED,
        "observe_depth": _OBSERVED,
        "traceparent": _TRACED,
    },
    "worker/registerfunction": {
        "args_format": _HOOKED,
        "features": VersionRange("0.25"),
        "observable": _HOOKED,
        "observe": VersionRange("0.25", "0.25"),
        "private": _HOOKED,
    },
    "worker/registertrigger": {
        "metadata": VersionRange("0.11"),
        "namespace": _SPACED,
        "trigger_namespace": _SPACED,
    },
    "worker/unregistertriggertype": {"namespace": _SPACED},
    "worker/registertriggertype": {
        "call_request_format": VersionRange("0.11"),
        "namespace": _SPACED,
        "trigger_request_format": VersionRange("0.11"),
    },
}
"""Fields of messages, and of the inputs of functions."""


@dataclass(frozen=True, slots=True)
class Renamed:
    """A name that engines knew ``until`` a version, and the newer one that replaced it."""

    older: str
    newer: str
    until: str


FUNCTIONS: tuple[Renamed, ...] = (
    Renamed("enqueue", "iii::durable::publish", "0.10"),
    Renamed("iii::pubsub::publish", "publish", "0.10"),
    Renamed("iii::queue::publish", "iii::durable::publish", "0.10"),
    Renamed("engine::trigger-types::list", "engine::triggers::list", "0.15"),
)
"""Functions that were renamed.

A worker of any version finds the functions that it uses: an older name stands for the newer one
unless a worker registers the older name. Older names are not listed, as in a current engine.
"""

TRIGGER_TYPES: tuple[Renamed, ...] = (Renamed("queue", "durable:subscriber", "0.10"),)
"""Trigger types that were renamed."""

NEWER_FUNCTION: Mapping[str, str] = {name.older: name.newer for name in FUNCTIONS}
NEWER_TYPE: Mapping[str, str] = {name.older: name.newer for name in TRIGGER_TYPES}
