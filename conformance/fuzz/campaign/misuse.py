"""Calls of a worker's functions that the engine cannot read, made while it is fuzzed."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from conformance.documents.trees import at, places
from conformance.fuzz.campaign.defect import Defect
from conformance.fuzz.campaign.minimiser import Minimiser
from conformance.fuzz.campaign.oracles import Kind, Suspicion
from conformance.fuzz.target import Case
from conformance.trials.conversation import ANNOUNCE
from conformance.trials.load import load_factor
from mock_engine.transcript import Message
from schemas import functions, validate_call

MOST_ASKED = 64
"""Invocations that are repeated to find out which of them leads to such a call."""


@dataclass(frozen=True, slots=True)
class Misuse:
    """A call that the engine cannot read, and why; one of each ``kind`` is enough.

    ``value`` is what is wrong in its data, as JSON.
    """

    function_id: str
    kind: str
    fault: str = field(compare=False)
    value: str = field(compare=False)

    @property
    def expected(self) -> str:
        """What the engine can read."""
        members = ", ".join(functions()[self.function_id].get("properties", ()))
        return f"data that {self.function_id} can read, with: {members or 'nothing'} (USE-001)"


@dataclass
class Misuses:
    """Observes the worker's calls, and finds which of its functions makes an invalid one."""

    known: set[Misuse] = field(default_factory=set)
    fresh: list[Misuse] = field(default_factory=list)
    calls: int = 0

    def hear(self, message: Message) -> None:
        """Judge a call of the worker."""
        function_id = message.json.get("function_id")
        if not isinstance(function_id, str) or function_id == ANNOUNCE:
            return
        self.calls += 1
        violations = validate_call(function_id, message.json.get("data"))
        if violations:
            first = violations[0]
            fault = f"{first.path or '/'}: {first.message}"[:300]
            value = json.dumps(_at(message.json.get("data"), first.path))
            found = Misuse(function_id, fault.partition(", found")[0], fault, value)
            if found not in self.known:
                self.known.add(found)
                self.fresh.append(found)

    async def traced(
        self, cases: Iterable[Case], minimiser: Minimiser
    ) -> list[tuple[Suspicion, Defect, Case]]:
        """The defects behind what was heard during ``cases``, each made once more alone."""
        wanted, self.fresh = self.fresh, []
        found: list[tuple[Suspicion, Defect, Case]] = []
        for misuse in wanted:
            for case in [*cases][:MOST_ASKED]:
                self.known.discard(misuse)
                within = minimiser.usual(case.function_id) * load_factor()
                (seen,) = await minimiser.ask([case], within)
                again = next((one for one in self.known if one == misuse), None)
                self.known.add(misuse)
                if again is not None and not _is_passed_on(again, case):
                    cause = f"{misuse.function_id} {misuse.kind}"
                    suspicion = Suspicion(
                        Kind.MISUSE, case.function_id, cause, again.expected, again.fault
                    )
                    steps = [(case, 1)]
                    defect = minimiser.finding(suspicion, steps, seen, reproduced=True)
                    found.append((suspicion, defect, case))
                    break
        self.fresh = [one for one in self.fresh if one not in wanted]
        return found


def _at(data: Any, pointer: str) -> Any:
    for key in pointer.split("/")[1:]:
        if isinstance(data, list):
            data = data[int(key)]
        else:
            data = data.get(key.replace("~1", "/").replace("~0", "~"))
    return data


def _is_passed_on(misuse: Misuse, case: Case) -> bool:
    """Whether the fault is in the input, which its format forbids or no format describes.

    The engine refuses what such a function passes on, and that is an answer, too.
    """
    if case.valid:
        return False
    return any(misuse.value == json.dumps(at(case.value, path)) for path in places(case.value))
