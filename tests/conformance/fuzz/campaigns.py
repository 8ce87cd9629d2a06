"""Campaigns without pytest, for tests."""

from __future__ import annotations

import asyncio
import sys

from conformance.first_run import first_run
from conformance.fuzz.campaign import Campaign
from conformance.fuzz.finding import Report
from conformance.fuzz.plan import Plan
from conformance.fuzz.pool import Pool
from conformance.settings import Settings
from conformance.stage import Stage
from conformance.subject.command import Command


def fuzz(module: str, plan: Plan, *, factor: float = 1.0, pool: Pool | None = None) -> Report:
    """The report of a campaign against ``python -m MODULE``."""
    command = Command.parse(f"{sys.executable} -m {module}")
    settings = Settings(command, default_port=None, timeout_factor=factor)
    return asyncio.run(_fuzz(settings, plan, pool or Pool()))


async def _fuzz(settings: Settings, plan: Plan, pool: Pool) -> Report:
    first = await first_run(settings)
    await first.close()
    stage = Stage(settings, first.baseline, await settings.subject.place())
    try:
        return await Campaign(plan, pool).play(stage)
    finally:
        await stage.close()
