"""Invoking a worker's functions, and waiting for their answers."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from conformance.documents.trees import Path
from conformance.errors import Inconclusive, WorkerMissing
from conformance.settings.invoking import PREFIX
from conformance.trials.context import Context
from conformance.trials.holding import Delays, Holder
from conformance.trials.learning.knowledge import Depth, Part, Relay
from conformance.trials.learning.starts import is_risky
from conformance.trials.processes import Processes
from mock_engine.transcript import Message

LENSES: Mapping[str, Path] = {"metadata": ("metadata",)}
"""Where the results of well-known functions hold the value that the function returns, if not the
whole result."""


BRIEFLY = 3.0
"""Seconds for an answer of a function that gave none before: as long as a crowded machine has been
seen to hold a worker up."""


@dataclass(frozen=True, slots=True)
class Invocation:
    """An invocation that was sent to a worker at ``at`` seconds."""

    id: str
    function_id: str
    connection: int
    at: float


class Invoker:
    """Chooses among the functions of a worker, invokes them, and finds their answers."""

    def __init__(self, context: Context, worker: Processes) -> None:
        self._context = context
        self._worker = worker

    def role(self, name: str) -> str:
        """The id of the function that plays the part of ``conformance::NAME``.

        Raises:
            Inconclusive: none is known to, or it must not be invoked.
        """
        return self.part(name).function_id

    def part(self, name: str) -> Part:
        """The part of ``conformance::NAME``, as its author declared it or as it was found.

        Raises:
            Inconclusive: no function is known to play it, or it must not be invoked.
        """
        part = self._known(name)
        if part is None:
            function_id = self._context.settings.invoking.player(name)
            mapped = "" if function_id.startswith(PREFIX) else f" (here {function_id})"
            raise Inconclusive(
                f"this takes a function that plays the part of {PREFIX}{name}{mapped}"
            )
        self._context.permit(part.function_id)
        return part

    def _known(self, name: str) -> Part | None:
        """The part as its author declared it, or as it was found."""
        if self._context.settings.invoking.denies(name):
            return None
        return self._declared(name) or self._context.baseline.knowledge.parts.get(name)

    def _declared(self, name: str) -> Part | None:
        """The part by the function's well-known name, or by ``conformance.yaml``."""
        player = self._context.settings.invoking.player(name)
        if player not in self._context.baseline.functions:
            return None
        return Part(name, player, lens=LENSES.get(name, ()))

    def plays(self, name: str) -> bool:
        """Whether a function plays the part of ``conformance::NAME`` and may be invoked."""
        part = self._known(name)
        return part is not None and self._context.obstacle(part.function_id) is None

    def relay(self, name: str, fits: Callable[[Relay], bool] = lambda _: True) -> Relay | None:
        """A function whose own calls stand in for the part ``name``, if no function plays it.

        ``None`` if one does, or if none that ``fits`` was found to wait for its calls.
        """
        return next(filter(fits, self.relays(name)), None)

    def relays(self, name: str) -> list[Relay]:
        """All functions of that kind, the most telling first."""
        if self._declared(name) is not None or self._context.settings.invoking.denies(name):
            return []
        relays = self._context.baseline.knowledge.relays
        return [r for r in relays if self._context.obstacle(r.function_id) is None]

    def answering(self) -> tuple[str, Any] | None:
        """A function that is known to return a result at once, with data for it, if any."""
        if self.plays("echo"):
            part = self.part("echo")
            return part.function_id, part.request({})
        for function_id, learned in self._context.baseline.knowledge.functions.items():
            plain = learned.depth is Depth.RESULT and not is_risky(function_id)
            if plain and self._context.obstacle(function_id) is None:
                return function_id, learned.examples[0]
        return None

    def can_sleep(self) -> None:
        """Require that an invocation can be made to take as long as wanted.

        Raises:
            Inconclusive: no function plays ``sleep``, and none waits for a call of its own.
        """
        if self.relay("sleep") is None:
            self.part("sleep")

    def sleep(self, milliseconds: int, relay: Relay | None = None, **fields: Any) -> Invocation:
        """Start an invocation that takes this long; ``can_sleep`` must have succeeded.

        ``relay`` is the function that is to wait, where several could; ``fields`` are sent with it.
        """
        relay = relay or self.relay("sleep")
        if relay is None:
            return self.invoke(self.part("sleep").function_id, {"ms": milliseconds}, **fields)
        gateway = self._context.gateway
        holder = gateway.holder
        delays = None if holder is None else holder.answer
        if holder is None or holder.concerns != relay.concerns or not isinstance(delays, Delays):
            delays = Delays()
            gateway.holder = Holder(relay.concerns, delays)
        delays.seconds.append(milliseconds / 1000)
        return self.invoke(relay.function_id, relay.data, **fields)

    def withheld(self) -> list[str]:
        """The functions of the worker that are not invoked, each with the reason."""
        return [
            why
            for name in self._context.baseline.functions
            if (why := self._context.obstacle(name))
        ]

    def samples(self) -> list[tuple[str, Any]]:
        """The functions that are invoked like any other, each with data for it."""
        invoking = self._context.settings.invoking
        learned = self._context.baseline.knowledge.examples
        return [
            (
                function_id,
                invoking.data(function_id, body.get("request_format"), learned(function_id)),
            )
            for function_id, body in self._context.baseline.functions.items()
            if invoking.is_ordinary(function_id) and self._context.obstacle(function_id) is None
        ]

    def patience(self, invocations: Iterable[Invocation]) -> float:
        """How long these functions may take to answer, in seconds."""
        granted = (self._context.settings.invoking.timeout(i.function_id) for i in invocations)
        return max(self._context.pace.handler, *granted, 0.0)

    def serving(self, function_id: str) -> int:
        """The open connection that registered ``function_id``, or else that of the first worker.

        Raises:
            WorkerMissing: no worker is connected.
        """
        workers = self._context.talk.reachable_workers
        for number in workers:
            if self._context.talk.serves(number, function_id):
                return number
        if not workers:
            raise WorkerMissing("the worker was not connected when the trial needed it")
        return workers[0]

    def invoke(self, function_id: str, data: Any = None, **fields: Any) -> Invocation:
        """Send an invocation with a fresh id; ``fields`` are added to the message."""
        number = self.serving(function_id)
        invocation = Invocation(
            str(uuid.uuid4()), function_id, number, self._context.transcript.now()
        )
        message = {
            "type": "invokefunction",
            "invocation_id": invocation.id,
            "function_id": function_id,
            "data": data,
        }
        self._context.send(number, message | fields)
        return invocation

    def replies(self, invocation: Invocation) -> list[Message]:
        """The answers to an invocation so far."""
        return self._context.talk.answers(invocation.id)

    async def reply(self, invocation: Invocation, within: float | None = None) -> Message | None:
        """Wait for the answer, for ``within`` seconds or the deadline for a simple answer."""
        await self.answered((invocation,), self._context.pace.reply if within is None else within)
        return next(iter(self.replies(invocation)), None)

    async def answered(self, invocations: Collection[Invocation], within: float) -> bool:
        """Wait until each has an answer, or the worker has ended; return whether each has one.

        Functions that have not answered for long are given ``BRIEFLY``.
        """
        silences = self._context.baseline.silences
        hopeful = [i for i in invocations if not silences.is_silent(i.function_id)]
        brief = min(within, BRIEFLY) if len(hopeful) < len(invocations) else within
        if not await self._over(invocations, brief) and brief < within:
            await self._over(hopeful, within - brief)
        for invocation in invocations if within >= self._context.pace.reply else ():
            if invocation.connection in self._context.workers:
                answered = bool(self.replies(invocation))
                silences.note(invocation.function_id, answered=answered)
        return all(map(self.replies, invocations))

    async def _over(self, invocations: Collection[Invocation], within: float) -> bool:
        return await self._context.until(
            lambda: all(map(self.replies, invocations)) or not self._worker.running, within
        )

    async def pulse(self, within: float | None = None) -> bool:
        """Whether the worker is responsive: it answers an invocation without side effects.

        ``within`` is as for ``reply``.

        Raises:
            Inconclusive: this worker answered no such invocation when nothing was wrong.
        """
        if self._context.baseline.pulse is None:
            raise Inconclusive(
                "this takes a worker that answers an invocation at all (INV-001, INV-004)"
            )
        if not self._context.workers:
            return False
        asked = self.invoke(self._context.baseline.pulse, {})
        return await self.reply(asked, within) is not None
