"""``python -m tests.subjects.notes``: notes and missions, on the official SDK for Python."""

from __future__ import annotations

import signal
import sys
import threading
import time
import warnings
from typing import Any

from iii import InvocationError, register_worker

warnings.filterwarnings("ignore", category=DeprecationWarning)

BUG = sys.argv[sys.argv.index("--bug") + 1] if "--bug" in sys.argv else ""


def engine(function_id: str, data: dict[str, Any]) -> Any:
    """Call a function of the engine."""
    return worker.trigger({"function_id": function_id, "payload": data})


def needed(data: Any, *names: str) -> str | None:
    """The fields that the data lacks, in words."""
    if isinstance(data, dict) and all(data.get(name) for name in names):
        return None
    return f"{', '.join(names[:-1])}{' and ' if names[1:] else ''}{names[-1]} required"


def store(data: Any) -> dict[str, Any]:
    """Keep a note."""
    lacking = needed(data, "agentId", "content")
    if lacking:
        return {"error": lacking}
    if BUG == "never-stores":
        return {"stored": True, "deduplicated": True}
    key = f"note-{abs(hash(data['content'])) % 1000}"
    engine("state::set", {"scope": data["agentId"], "key": key, "value": data["content"]})
    return {"stored": True, "id": key}


def recall(data: Any) -> dict[str, Any]:
    """Find notes."""
    lacking = needed(data, "agentId")
    if lacking:
        return {"error": lacking}
    found = engine("state::list", {"scope": data["agentId"]}) or []
    return {"notes": found}


def update(data: Any) -> dict[str, Any]:
    """Count a visit of a mission."""
    lacking = needed(data, "missionId")
    if lacking:
        raise InvocationError("invalid", f"missing {lacking.removesuffix(' required')}")
    member = "operations" if BUG == "operations" else "ops"
    change = {"type": "increment", "path": "visits", "by": 1}
    engine("state::update", {"scope": "missions", "key": data["missionId"], member: [change]})
    return {"updated": data["missionId"]}


def realm(data: Any) -> dict[str, Any]:
    """Answer a request for a realm."""
    source = data if BUG == "reads-no-request" else {**data, **data.get("path_params", {})}
    if not source.get("id"):
        return {"status_code": 400, "body": {"error": "missing id"}}
    if BUG == "hangs-on-absent" and engine("state::get", {"scope": "r", "key": "x"}) is None:
        time.sleep(3600)
    return {"status_code": 200, "body": {"id": source["id"]}}


def status(_: Any) -> dict[str, Any]:
    """Say how it is."""
    return {"ok": True}


worker = register_worker()


def main() -> int:
    """Serve until a signal comes."""
    stopping = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopping.set())
    functions = {
        "memory::store": store,
        "memory::recall": recall,
        "mission::visit": update,
        "realm::get": realm,
        "notes::status": status,
    }
    for name, handler in functions.items():
        worker.register_function(name, handler, description=handler.__doc__)
    worker.register_trigger(
        {
            "type": "http",
            "function_id": "realm::get",
            "config": {"api_path": "/realms/:id", "http_method": "GET"},
        }
    )
    stopping.wait()
    worker.shutdown()
    return 0


if __name__ == "__main__":
    sys.exit(main())
