"""``invoke``: start a worker, invoke its functions, and show what it answers."""

from __future__ import annotations

import argparse
import asyncio
import json
import shlex
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from conformance.errors import Inconclusive, UsageError
from conformance.settings.settings import Settings
from conformance.subject.command import Command
from conformance.trials.harness import Harness
from conformance.trials.probe_run import probe_run

if TYPE_CHECKING:
    from conformance.fuzz.campaign.defect import ReplayStep


def declare(parser: argparse.ArgumentParser) -> None:
    """Declare the command."""
    parser.usage = "%(prog)s --call FUNCTION DATA [TIMES] … [OPTIONS] -- COMMAND …"
    parser.add_argument("--worker-cmd", metavar="COMMAND", help="starts the worker, in one text")
    parser.add_argument("command", nargs="*", metavar="COMMAND", help="starts the worker")
    parser.add_argument(
        "--call",
        nargs="+",
        action="append",
        default=[],
        metavar="WORD",
        help="FUNCTION DATA [TIMES [ANSWER]]: the data is JSON, and so is what its own calls are "
        "answered with; may be repeated, in this order",
    )
    parser.add_argument(
        "--calls", type=Path, metavar="FILE", help="the invocations of a finding of fuzzing"
    )
    parser.add_argument("--timeout-factor", type=float, default=1.0, metavar="NUMBER")
    parser.set_defaults(run=_invoke)


def _invoke(options: argparse.Namespace) -> int:
    """Exit code 0 when every answer is right, 1 when one is wrong, 2 for a mistake in the call."""
    try:
        steps = _steps(options)
        command = options.worker_cmd or shlex.join(options.command)
        settings = Settings(
            Command.parse(command),
            timeout_factor=options.timeout_factor,
            default_port=None,
        )
        return asyncio.run(_play(settings, steps))
    except (UsageError, Inconclusive) as fault:
        print(fault, file=sys.stderr)
        return 2


def _steps(options: argparse.Namespace) -> list[ReplayStep]:
    from conformance.fuzz.campaign.store import read_calls

    steps = [_step(words) for words in options.call]
    if options.calls is not None:
        steps += read_calls(options.calls)
    if not steps:
        raise UsageError('name what to invoke, as in --call greet \'{"name": "Ada"}\'')
    return steps


def _step(words: list[str]) -> ReplayStep:
    from conformance.fuzz.campaign.defect import ReplayStep

    if not 2 <= len(words) <= 4 or (len(words) > 2 and not words[2].isdecimal()):
        expected = f"--call {' '.join(words)}: expected FUNCTION DATA [TIMES [ANSWER]]"
        raise UsageError(expected)
    try:
        json.loads(words[1])
        json.loads(words[3] if len(words) > 3 else "{}")
    except (ValueError, RecursionError) as fault:
        raise UsageError(
            f"--call {words[0]}: the data is no JSON: {fault}; quote it, as in '{{\"a\": 1}}'"
        ) from None
    times = int(words[2]) if len(words) > 2 else 1
    return ReplayStep(words[0], words[1], times, words[3] if len(words) > 3 else "")


async def _play(settings: Settings, steps: list[ReplayStep]) -> int:
    from conformance.fuzz.campaign.replay import replay

    first = await probe_run(settings)
    await first.close()
    harness = Harness(settings, first.baseline, await settings.subject.place())
    try:
        played = await replay(harness, steps, exceptions=True)
    finally:
        await harness.close()
    reply = played.seen.reply
    print(reply.decode("utf-8", "replace") if reply else "no reply")
    for line in harness.worker.log[-8:]:
        print(f"  output: {line}")
    if played.suspicion is None:
        print("nothing wrong was seen")
        return 0
    print(f"{played.suspicion.kind.value}: expected {played.suspicion.expected}; ", end="")
    print(f"seen: {played.suspicion.seen}")
    return 1
