"""From a recording of a mistake to a test: the wrong step becomes what should have happened.

A recording contains what a worker did. If that was wrong, a replay that passes shows that it is
still wrong. Nothing here reads a file or asks the user.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from conformance.scenarios.steps import RECORDED
from mock_engine.rendering import shorten

AMENDED = "amended"
"""The tag of a recording once somebody said what should have happened."""

NOTE = "Somebody said that this is what should have been; the recording has another answer."
SHOWN = 60
RESULT, INVOKE = "invocationresult", "invokefunction"
PARTS = ("result", "error")


@dataclass(frozen=True, slots=True)
class Answered:
    """An invocation of a recording and its outcome.

    ``step`` is the index of the answer among the steps, or of the invocation if there is none.
    """

    step: int
    function_id: str
    data: Any
    answer: Mapping[str, Any] | None
    invocation_id: str

    @property
    def text(self) -> str:
        """The invocation and its answer in a line."""
        asked = f"{self.function_id} {shorten(json.dumps(self.data), SHOWN)}"
        if self.answer is None:
            return f"{asked} → no answer"
        given = {key: self.answer[key] for key in PARTS if key in self.answer}
        return f"{asked} → {shorten(json.dumps(given or {'result': None}), SHOWN)}"


def answered(document: Mapping[str, Any]) -> list[Answered]:
    """Every invocation of the worker in a recording, in order."""
    found = []
    steps = document["steps"]
    for number, step in enumerate(steps):
        call = step.get("engine")
        if not isinstance(call, Mapping) or call.get("type") != INVOKE:
            continue
        name = _name(call.get("invocation_id"))
        if name is None:
            continue
        place, answer = next(_answers(steps, number, name), (number, None))
        found.append(Answered(place, str(call.get("function_id")), call.get("data"), answer, name))
    return found


def amended(document: Mapping[str, Any], wrong: Answered, right: Mapping[str, Any]) -> Any:
    """The document with ``right`` in place of the outcome of an invocation.

    ``right`` is ``{"result": …}`` or ``{"error": …}``, as patterns, or empty if no answer should
    have come.
    """
    made = copy.deepcopy(dict(document))
    steps = made["steps"]
    reference = {"type": RESULT, "invocation_id": f"${{{wrong.invocation_id}}}"}
    if wrong.answer is None:
        steps.insert(wrong.step + 1, {"worker": {**reference, **right}, "within": "reply"})
    elif right:
        changed = _with_answer(steps[wrong.step], wrong.invocation_id, right)
        steps[wrong.step] = {**changed, "note": NOTE}
    else:
        steps[wrong.step] = {"never": {"worker": reference}, "within": 1}
    made["tags"] = [AMENDED if tag == RECORDED else tag for tag in made.get("tags", ())]
    return made


def _with_answer(step: Mapping[str, Any], name: str, right: Mapping[str, Any]) -> dict[str, Any]:
    """A step, alone or of several in any order, with another answer to an invocation."""
    if "unordered" in step:
        parts = [
            _with_answer(part, name, right) if _answer(part, name) else part
            for part in step["unordered"]
        ]
        return {**step, "unordered": parts}
    kept = {key: value for key, value in step["worker"].items() if key not in PARTS}
    return {**step, "worker": {**kept, **right}}


def _answers(
    steps: list[Mapping[str, Any]], after: int, name: str
) -> Iterator[tuple[int, Mapping[str, Any]]]:
    for place in range(after + 1, len(steps)):
        for part in (steps[place], *steps[place].get("unordered", ())):
            answer = _answer(part, name)
            if answer is not None:
                yield place, answer


def _answer(part: Mapping[str, Any], name: str) -> Mapping[str, Any] | None:
    worker = part.get("worker")
    if not isinstance(worker, Mapping) or worker.get("type") != RESULT:
        return None
    return worker if worker.get("invocation_id") == f"${{{name}}}" else None


def _name(identity: Any) -> str | None:
    """The name that an invocation's id is bound to."""
    return str(identity["$new"]) if isinstance(identity, Mapping) and "$new" in identity else None
