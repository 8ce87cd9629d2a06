"""What was judged, in a few lines: the worker's own name, what it registered, its speed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mock_engine.rendering import counted


def about(subject: Mapping[str, Any]) -> list[str]:
    """The subject of the first run, given as data, in a few lines; nothing if none appeared."""
    if "engine" in subject:
        engine = subject["engine"]
        listened = f"listened after {engine['startup']:.2f} s; " if engine["startup"] else ""
        return [f"{listened}compared with recordings of {engine['recorded_from']}"]
    if not subject.get("workers"):
        return []
    workers, registered = subject["workers"], subject["registered"]
    held = "1 worker" if workers == 1 else f"{workers} workers in one process"
    kinds = ", ".join(
        counted(number, name.removesuffix("s")) for name, number in registered.items()
    )
    pace = f"spoke after {subject['startup']:.2f} s"
    if subject["round_trip"] is not None:
        pace += f", answers in {subject['round_trip'] * 1000:.1f} ms"
    who = [f"{held}: {kinds}; {pace}"]
    for data in subject["announced"]:
        names = " ".join(str(data.get(name, "?")) for name in ("runtime", "version", "name"))
        who.append(f"announced as {names}")
    protocol = subject["protocol"]
    features = f"; it announces {', '.join(protocol['features'])}" if protocol["features"] else ""
    who.append(f"protocol {protocol['version']}: {protocol['reason']}{features}")
    first = [f"before anything was asked of it: {text}" for text in subject.get("early", ())]
    return [*who, *first, *(f"note: {note}" for note in subject["notes"])]
