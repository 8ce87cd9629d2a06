"""Schedules: functions called at the times of a cron expression (``iii-cron``)."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import ClassVar

from mock_engine.modules.adapters import redis_server
from mock_engine.modules.base import Bound, Failure, Module
from mock_engine.modules.host import Trace
from mock_engine.modules.schedule import BadExpression, Schedule

log = logging.getLogger("mock_engine")

FAILED = "trigger_registration_failed"
LOCK_MS, LOCK_INDEX = 30_000, "cron_locks"
"""How long a lock lasts in milliseconds and where it is stored, unless configured otherwise."""


class CronModule(Module):
    """The trigger type ``cron``. A job that is still running is not started again."""

    name = "iii-cron"
    has_entry = True
    title = "Schedule functions with cron expressions."
    trigger_types: ClassVar[Mapping[str, str]] = {"cron": "Cron-based scheduled triggers"}

    def __init__(self, *arguments: object) -> None:
        super().__init__(*arguments)  # type: ignore[arg-type]
        self._jobs: dict[str, asyncio.Task[None]] = {}
        self._server = redis_server(self.options)
        adapter = (self.options.get("adapter") or {}).get("config") or {}
        settings = {**self.options, **adapter}
        self._lock_seconds = settings.get("lock_ttl_ms", LOCK_MS) / 1000
        self._lock_index = settings.get("lock_index") or LOCK_INDEX

    async def start(self) -> None:
        """Connect to the Redis server, if there is one."""
        if self._server is not None:
            await self._server.start(self.host)

    async def stop(self) -> None:
        """Disconnect from the server."""
        if self._server is not None:
            await self._server.stop()

    def bind(self, bound: Bound) -> None:
        """Start a job.

        Raises:
            Failure: ``trigger_registration_failed``, when the expression is invalid or the id
                exists.
        """
        expression = bound.setting("expression")
        if not isinstance(expression, str) or not expression:
            raise Failure(FAILED, "Cron expression is required")
        if bound.id in self._jobs:
            raise Failure(FAILED, f"Cron job '{bound.id}' is already registered")
        try:
            schedule = Schedule.parse(expression)
        except BadExpression as fault:
            raise Failure(FAILED, f"Invalid cron expression '{expression}': {fault}") from None
        super().bind(bound)
        self._jobs[bound.id] = self.host.spawn(self._run(bound, schedule))

    def unbind(self, trigger_id: str) -> None:
        """Stop a job."""
        super().unbind(trigger_id)
        job = self._jobs.pop(trigger_id, None)
        if job is not None:
            job.cancel()

    def _locked(self, bound: Bound, due: datetime) -> bool:
        """Whether this engine runs a job now: of the engines that share a server, only one does."""
        if self._server is None:
            return True
        name = (self._lock_index, bound.id, due.isoformat())
        return self._server.claim(*name, seconds=self._lock_seconds)

    async def _run(self, bound: Bound, schedule: Schedule) -> None:
        while True:
            now = datetime.now(UTC)
            due = schedule.next_after(now)
            if due is None:
                return
            await asyncio.sleep(max(0.0, (due - now).total_seconds()))
            event = {
                "trigger": "cron",
                "job_id": bound.id,
                "scheduled_time": due.isoformat(),
                "actual_time": max(due, datetime.now(UTC)).isoformat(),
            }
            trace = Trace.fresh()
            try:
                if not self._locked(bound, due):
                    continue
                if await self.host.passes(bound, event, trace):
                    await self.host.run(bound, event, trace)
            except Failure as fault:
                log.info("cron job %s: %s failed: %s", bound.id, bound.function_id, fault)
