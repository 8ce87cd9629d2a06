"""Campaigns without pytest, for tests."""

from __future__ import annotations

import asyncio
import sys

from conformance.fuzz.campaign.campaign import Campaign
from conformance.fuzz.campaign.defect import CampaignReport
from conformance.fuzz.plan import Plan
from conformance.fuzz.search.corpus import Corpus
from conformance.settings.settings import Settings
from conformance.subject.command import Command
from conformance.trials.harness import Harness
from conformance.trials.probe_run import probe_run


def fuzz(
    module: str, plan: Plan, *, factor: float = 1.0, corpus: Corpus | None = None
) -> CampaignReport:
    """The report of a campaign against ``python -m MODULE``."""
    command = Command.parse(f"{sys.executable} -m {module}")
    settings = Settings(command, default_port=None, timeout_factor=factor)
    return asyncio.run(_fuzz(settings, plan, corpus or Corpus()))


async def _fuzz(settings: Settings, plan: Plan, corpus: Corpus) -> CampaignReport:
    first = await probe_run(settings)
    await first.close()
    harness = Harness(settings, first.baseline, await settings.subject.place())
    try:
        return await Campaign(plan, corpus).play(harness)
    finally:
        await harness.close()
