"""What was judged: who the worker says it is, what it registered, how fast it is."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from conformance.baseline import Baseline
from conformance.invoking import Invoking
from conformance.protocol import Protocol

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
) -> dict[str, Any]:
    """The worker of the first run as data. Times are in seconds.

    ``notes`` are what the user says about functions and the worker does not bear out.
    """
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
        "notes": invoking.strangers(baseline.functions),
    }


def about(told: Mapping[str, Any]) -> list[str]:
    """The same in a few lines; nothing if no worker appeared."""
    if not told.get("workers"):
        return []
    workers, registered = told["workers"], told["registered"]
    held = "1 worker" if workers == 1 else f"{workers} workers in one process"
    kinds = ", ".join(f"{number} {name}" for name, number in registered.items())
    pace = f"spoke after {told['startup']:.2f} s"
    if told["round_trip"] is not None:
        pace += f", answers in {told['round_trip'] * 1000:.1f} ms"
    who = [f"{held}: {kinds}; {pace}"]
    for data in told["announced"]:
        names = " ".join(str(data.get(name, "?")) for name in ("runtime", "version", "name"))
        who.append(f"announced as {names}")
    protocol = told["protocol"]
    features = f"; it announces {', '.join(protocol['features'])}" if protocol["features"] else ""
    who.append(f"protocol {protocol['version']}: {protocol['reason']}{features}")
    return [*who, *(f"note: {note}" for note in told["notes"])]
