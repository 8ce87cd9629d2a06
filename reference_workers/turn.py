"""One turn of an agent: the model thinks and tools are used, until there is an answer.

Every tool result is scanned before the model sees it, and every tool call needs permission. Nothing
is stored here; the caller does that.
"""

from __future__ import annotations

import json
from typing import Any

from reference_workers.client import FunctionError, Worker
from reference_workers.client.context import Json

LONGEST_RESULT = 20_000
"""The most characters of a tool's result that a model is shown."""


class Turn:
    """One turn: the agent and the session, the conversation so far, and which tools were used."""

    def __init__(self, worker: Worker, agent: dict[str, Any], data: dict[str, Any]) -> None:
        self._worker = worker
        self._agent = agent
        self._realm = data.get("realm", "default")
        self._subject = f"session:{data['session']}"[:128]
        self.messages: list[dict[str, Any]] = []
        self.steps: list[dict[str, Any]] = []
        self.usage = {"prompt_tokens": 0, "completion_tokens": 0}

    async def think(self, tools: list[Json]) -> str:
        """Ask the model until it answers, and return the answer."""
        for _ in range(self._agent["limit"]):
            asked = {"messages": self.messages, "tools": tools, "model": self._agent["model"]}
            completion = await self._worker.call("llm::complete", asked)
            message = completion["message"]
            for name in self.usage:
                self.usage[name] += completion["usage"][name]
            calls = message.get("tool_calls")
            if not calls:
                return str(message.get("content") or "")
            self.messages.append(message)
            for call in calls:
                answer = await self._use(call["function"])
                told = {"role": "tool", "tool_call_id": call["id"], "content": answer}
                self.messages.append(told)
        return f"I stopped after {self._agent['limit']} steps without an answer."

    async def _use(self, function: dict[str, Any]) -> str:
        """The text that a model gets for a tool call; it also gets failures."""
        name = str(function["name"])[:128]
        try:
            arguments = json.loads(function["arguments"])
            await self._permit(name)
            used = await self._worker.call("tool::call", {"name": name, "arguments": arguments})
        except FunctionError as fault:
            self.steps.append({"tool": name, "ok": False, "error": fault.body()})
            return json.dumps({"error": fault.body()})
        except ValueError as fault:
            self.steps.append({"tool": name, "ok": False, "error": {"code": "invalid_request"}})
            return json.dumps({"error": f"the arguments are no JSON: {fault}"})
        self.steps.append({"tool": name, "ok": True})
        content = json.dumps(used["result"], ensure_ascii=False)[:LONGEST_RESULT]
        return await self._guarded(name, content, untrusted=used["untrusted"])

    async def _permit(self, name: str) -> None:
        """Check that the agent may use a tool for this session.

        Raises:
            FunctionError: ``forbidden``, with the reason.
        """
        asked = {"agent": self._agent["id"], "capability": name, "realm": self._realm}
        asked["subject"] = self._subject
        decided = await self._worker.call("security::check_capability", asked)
        if decided["allowed"] is not True:
            raise FunctionError("forbidden", str(decided["reason"]))

    async def _guarded(self, name: str, content: str, *, untrusted: bool) -> str:
        """A tool's result as a model may see it. A result from outside taints the session."""
        scanned = {"text": content, "subject": self._subject}
        found = await self._worker.call("security::scan_injection", scanned)
        if untrusted or found["suspicious"]:
            mark = {"subject": self._subject, "label": name[:64], "realm": self._realm}
            await self._worker.call("security::taint", mark)
        if not found["suspicious"]:
            return content
        reasons = "; ".join(each["reason"] for each in found["findings"])
        return json.dumps({"withheld": f"the result gives orders: {reasons}"})
