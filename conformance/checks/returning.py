"""What comes back to the worker from the functions it calls, through its function ``call``."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from conformance.checks.answers import about, error_code
from conformance.checks.asking import all_answered
from conformance.checks.payloads import same
from conformance.requirements.verdict import Finding, broken, inconclusive, kept
from conformance.trials.harness import Harness
from conformance.trials.invoker import Invocation
from conformance.trials.trial import Record, Worker, check, trial

VALUES: tuple[Any, ...] = (False, 0, "", [], [0, None, "text"], {"kept": True})
"""What a called function returns: what many a language takes for nothing is a result as well."""

ADDED = "_caller_worker_id"
"""What the engine adds to object data on its way; ``echo`` returns it too."""


@dataclass(frozen=True, slots=True)
class Returns:
    """Calls of ``echo`` that the worker was asked for at once, each with the value it gets."""

    asked: tuple[tuple[Invocation, Any], ...]


@trial(Worker.SHARED)
async def calls_at_once(harness: Harness) -> Returns:
    """Let the worker wait for a slow answer, and for several quick ones meanwhile."""
    call, echo, sleep = (harness.invoker.role(name) for name in ("call", "echo", "sleep"))
    slow = harness.invoker.invoke(
        call, {"function_id": sleep, "data": {"ms": 300}, "timeout_ms": 5000}
    )
    errands = [(echo, value, value) for value in VALUES]
    if harness.invoker.plays("null"):
        # Not as data: what a call without any looks like is another question (CAL-008).
        errands.append((harness.invoker.role("null"), {}, None))
    asked = []
    for function_id, data, value in errands:
        errand = {"function_id": function_id, "data": data, "timeout_ms": 3000}
        asked.append((harness.invoker.invoke(call, errand), value))
    waiting = (slow, *(invocation for invocation, _ in asked))
    await all_answered(harness, waiting, harness.pace.handler)
    return Returns(tuple(asked))


@check("CAL-019", calls_at_once)
def hands_results_to_their_callers(record: Record[Returns]) -> Finding:
    """Answers come in any order, and each belongs to the call whose id it carries."""
    for invocation, value in record.result.asked:
        answers = record.talk.answers(invocation.id)
        told = answers[0].json.get("result") if answers else None
        if answers and error_code(answers[0]) is not None:
            return inconclusive("its function `call` fails: see CAL-001")
        error = told.get("error") if isinstance(told, dict) else None
        if isinstance(error, dict) and error.get("code") == "function_not_found":
            return inconclusive("its call did not find its own function; it may be in a namespace")
        if isinstance(told, dict) and error is None and same(_plain(told.get("result")), value):
            continue
        return broken(
            expected=f"{value!r} in the hands of the caller of a function that returned it",
            seen=repr(told) if answers else "no answer",
            events=about(record, invocation),
            remedy="Find who waits by the invocation_id of a result, and hand `result` on as it "
            "is; without the field it is null.",
        )
    return kept(f"{len(record.result.asked)} calls at once, each with its own result")


def _plain(result: Any) -> Any:
    """A result without what the engine added to the data that it repeats."""
    if isinstance(result, dict):
        return {name: value for name, value in result.items() if name != ADDED}
    return result
