"""What was judged, in a few lines."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from conformance.protocol import Protocol
from conformance.stage import Baseline

KINDS = {
    "registerfunction": "functions",
    "registertrigger": "triggers",
    "registertriggertype": "trigger types",
}


def about(
    baseline: Baseline, announced: Sequence[Mapping[str, Any]], protocol: Protocol
) -> list[str]:
    """Who the worker says it is, what it registered, how fast it is; nothing if none appeared."""
    if not baseline.workers:
        return []
    counts: Counter[str] = Counter()
    for (kind, _), number in baseline.declared.items():
        counts[KINDS[kind]] += number
    held = "1 worker" if baseline.workers == 1 else f"{baseline.workers} workers in one process"
    registered = ", ".join(f"{counts[name]} {name}" for name in KINDS.values())
    pace = f"spoke after {baseline.pace.startup:.2f} s"
    if baseline.pulse is not None:
        pace += f", answers in {baseline.pace.round_trip * 1000:.1f} ms"
    who = [f"{held}: {registered}; {pace}"]
    for data in announced[: baseline.workers]:
        told = " ".join(str(data.get(name, "?")) for name in ("runtime", "version", "name"))
        who.append(f"announced as {told}")
    return [*who, f"protocol {protocol.version}: {protocol.reason}"]
