"""Trials in the background."""

from __future__ import annotations

import sys
from pathlib import Path

from conformance.requirements.verdict import Outcome
from conformance.settings.settings import Settings
from conformance.subject.command import Command
from conformance.trials.trial import TRIALS
from tests.judging import judged

FRAGILE = """
import asyncio, json, os
from websockets.asyncio.client import connect

async def main():
    async with connect(os.environ["III_URL"]) as socket:
        body = {"runtime": "p", "version": "1", "name": "n", "os": "l", "pid": os.getpid()}
        register = {"function_id": "engine::workers::register", "data": body}
        await socket.send(json.dumps({"type": "invokefunction", **register}))
        await socket.send(json.dumps({"type": "registerfunction", "id": "shop::total"}))
        async for raw in socket:
            call = json.loads(raw)
            if call["type"] == "invokefunction" and call.get("invocation_id"):
                answer = {k: call[k] for k in ("invocation_id", "function_id")}
                data = call["data"]
                if call["function_id"] != "shop::total":
                    answer["error"] = {"code": "function_not_found", "message": "no"}
                elif not isinstance(data, dict) or "items" not in data:
                    answer["error"] = {"code": "bad", "message": "items is required"}
                elif data["items"] == []:
                    os._exit(3)
                else:
                    answer["result"] = len(data["items"])
                await socket.send(json.dumps({"type": "invocationresult", **answer}))

asyncio.run(main())
"""


def test_a_worker_that_ends_while_its_functions_are_tried_is_judged_all_the_same(
    tmp_path: Path,
) -> None:
    file = tmp_path / "worker.py"
    file.write_text(FRAGILE)
    settings = Settings(Command.parse(f"{sys.executable} {file}"), default_port=None)

    verdicts = judged(settings, ["RDY-001", "INV-004"], [TRIALS["looking_back"]])

    assert [verdict.outcome for verdict in verdicts] == [Outcome.FAILED, Outcome.PASSED]
