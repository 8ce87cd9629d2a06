"""The worker: every tool as a separate function, and ``tool::list`` and ``tool::call``.

A tool is any function in the engine whose metadata contains ``{"tool": true}``, whichever worker
offers it. Other functions cannot be called through ``tool::call``.
"""

from __future__ import annotations

import os
import sys
from dataclasses import replace
from typing import Any

from reference_workers.client import FunctionError, Worker, run
from reference_workers.client.context import Json
from reference_workers.service import OBJECT, STRING, Function, array, form, offer_functions, text
from reference_workers.tools import arithmetic, plain
from reference_workers.tools.files import Files
from reference_workers.tools.shell import Shell
from reference_workers.tools.web import Web

AT_ONCE = 32
"""The most functions in one answer of ``engine::functions::info`` (iii engine 0.23)."""

ANYTHING = {"description": "Any JSON value."}


class Tools:
    """The tools of all workers."""

    def __init__(self, worker: Worker) -> None:
        self._worker = worker

    async def tools(self, data: dict[str, Any]) -> Json:
        """List the tools that there are, with the formats of their arguments."""
        del data
        listed = await self._listed()
        ids = sorted(listed)
        schemas: dict[str, Json] = {}
        for start in range(0, len(ids), AT_ONCE):
            asked = {"function_ids": ids[start : start + AT_ONCE]}
            answer = await self._worker.call("engine::functions::info", asked)
            found = answer.get("functions") if isinstance(answer, dict) else None
            for row in found or ():
                if isinstance(row, dict):
                    schemas[str(row.get("function_id"))] = row.get("request_schema")
        return {"tools": [_told(listed[each], schemas.get(each)) for each in ids]}

    async def call(self, data: dict[str, Any]) -> Json:
        """Call a tool with its arguments."""
        row = (await self._listed()).get(data["name"])
        if row is None:
            raise FunctionError("not_found", f"there is no tool {data['name']!r:.100}")
        untrusted = bool(row["metadata"].get("untrusted"))
        result = await self._worker.call(data["name"], data.get("arguments", {}))
        return {"result": result, "untrusted": untrusted}

    async def _listed(self) -> dict[str, dict[str, Any]]:
        answer = await self._worker.call("engine::functions::list", {})
        found = answer.get("functions") if isinstance(answer, dict) else None
        return {
            row["function_id"]: row
            for row in (found if isinstance(found, list) else ())
            if isinstance(row, dict)
            and isinstance(row.get("function_id"), str)
            and isinstance(row.get("metadata"), dict)
            and row["metadata"].get("tool") is True
        }


def _told(row: dict[str, Any], schema: Json) -> Json:
    told = {"name": row["function_id"], "description": str(row.get("description") or "")}
    return told | {"parameters": schema if isinstance(schema, dict) else {"type": "object"}}


def offer(worker: Worker) -> None:
    """Register the functions."""
    tools = Tools(worker)
    parts = (Files(os.environ), Web(os.environ), Shell(os.environ))
    single = arithmetic.functions() | plain.functions()
    for part in parts:
        single |= part.functions()
    tool = form("name", "description", name=STRING, description=STRING, parameters=OBJECT)
    functions = {
        name: replace(function, metadata={"tool": True, **(function.metadata or {})})
        for name, function in single.items()
    }
    functions["tool::list"] = Function(
        tools.tools, form(example={}), form("tools", tools=array(tool))
    )
    functions["tool::call"] = Function(
        tools.call,
        form(
            "name",
            name=text(128),
            arguments=OBJECT,
            example={"name": "math::evaluate", "arguments": {"expression": "6 * 7"}},
        ),
        form("result", result=ANYTHING, untrusted={"type": "boolean"}),
    )
    offer_functions(worker, functions)


if __name__ == "__main__":
    sys.exit(run(offer))
