"""What every reference worker does, whichever library it uses."""

from __future__ import annotations

from typing import Any

from tests.reference_workers.recording import Link

ANSWERS: tuple[tuple[str, Any, Any], ...] = (
    ("echo", {"a": [None, 1.5]}, {"a": [None, 1.5]}),
    ("sleep", {"ms": 0}, {"slept_ms": 0}),
    ("null", {}, None),
    ("metadata", {}, {"metadata": {"m": 1}}),
    ("large", {"bytes": 5}, {"data": "xxxxx"}),
    ("inbox", [1], {"received": [1]}),
)
"""Well-known functions, their data besides the metadata ``{"m": 1}``, and their results."""


def offered(link: Link) -> set[tuple[str, Any]]:
    """Types, and ids or configurations, of a worker's registrations; trigger ids are random."""
    return {
        (m["type"], m.get("trigger_type") or m["id"])
        for m in link.messages
        if m["type"].startswith("register")
    }


async def lets_functions_and_triggers_come_and_go(link: Link) -> None:
    await link.ask("conformance::register", {"id": "x"})
    assert (await link.ask("conformance::extra::x", 5))["result"] == 5
    bound = await link.ask("conformance::bind", {"type": "cron", "config": {}})
    trigger = await link.expect(type="registertrigger", trigger_type="cron")
    await link.ask("conformance::unbind", {"id": bound["result"]["id"]})
    await link.expect(type="unregistertrigger", id=trigger["id"])
    await link.ask("conformance::unregister", {"id": "x"})
    await link.expect(type="unregisterfunction", id="conformance::extra::x")

    gone = await link.ask("conformance::extra::x", 5)
    assert gone["error"]["code"] == "function_not_found"
