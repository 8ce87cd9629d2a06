"""A caller inside the engine: it calls functions as another worker would."""

from __future__ import annotations

from typing import Any, ClassVar

import msgspec

from mock_engine.messages import payload
from mock_engine.modules.base import Failure, Module


class ScenarioCaller(Module):
    """Calls functions for a scenario. To the engine it is one more worker."""

    name: ClassVar[str] = "scenario-caller"
    title: ClassVar[str] = "Calls functions for a scenario."
    internal: ClassVar[bool] = False

    async def ask(self, wanted: dict[str, Any]) -> dict[str, Any]:
        """Call ``function_id`` with ``data``; the answer is ``{result}`` or ``{error}``."""
        more: dict[str, Any] = {}
        if "namespace" in wanted:
            more["namespace"] = wanted["namespace"]
        if "metadata" in wanted:
            more["metadata"] = payload(wanted["metadata"])
        try:
            raw = await self.host.call(wanted["function_id"], wanted.get("data"), **more)
        except Failure as failure:
            return {"error": {"code": failure.code, "message": str(failure)}}
        return {"result": msgspec.json.decode(raw) if bytes(raw) else None}
