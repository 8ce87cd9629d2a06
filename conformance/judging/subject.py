"""What was judged: the name that the worker gives, what it registered, how fast it is."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from conformance.requirements.known import KnownFailure
from conformance.requirements.protocol import Protocol
from conformance.settings.invoking import Invoking
from conformance.trials.baseline import Baseline

KINDS = {
    "registerfunction": "functions",
    "registertrigger": "triggers",
    "registertriggertype": "trigger types",
}


def subject(
    baseline: Baseline,
    announced: Sequence[Mapping[str, Any]],
    protocol: Protocol,
    invoking: Invoking,
    sdk_defects: Mapping[str, KnownFailure],
    alone: str = "",
) -> dict[str, Any]:
    """The worker of the first run as data. Times are in seconds.

    ``sdk_defects`` are the known defects of the worker's SDK, ``early`` what the worker wrote about
    a failure of its own before it was asked anything. ``notes`` say what the user declares about
    functions and the worker does not confirm, and why only one process of it was run at a time, if
    so: ``alone`` is that reason.
    """
    reasons = [f"one process of the worker at a time, which takes longer: {alone}"]
    counts: Counter[str] = Counter()
    for (kind, _), number in baseline.declared.items():
        counts[KINDS[kind]] += number
    return {
        "workers": baseline.workers,
        "announced": [dict(data) for data in announced[: baseline.workers]],
        "registered": {name: counts[name] for name in KINDS.values()},
        "functions": sorted(baseline.functions),
        "startup": round(baseline.pace.startup, 3),
        "round_trip": round(baseline.pace.round_trip, 6) if baseline.pulse else None,
        "protocol": {
            "version": protocol.version,
            "reason": protocol.reason,
            "features": list(protocol.features),
        },
        "sdk_defects": {identity: known.reason for identity, known in sdk_defects.items()},
        "early": list(baseline.early),
        "notes": [
            *invoking.strangers(baseline.functions),
            *(reasons if alone else ()),
        ],
    }
