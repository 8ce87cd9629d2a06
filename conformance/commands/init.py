"""``init``: write ``conformance.yaml`` from one run of a worker."""

from __future__ import annotations

import argparse
import asyncio
import re
import shlex
from dataclasses import replace
from pathlib import Path

from conformance.commands.drafting import draft
from conformance.commands.record import replace_file
from conformance.errors import Inconclusive, UsageError
from conformance.settings import configuration
from conformance.settings.invoking import Invoking
from conformance.settings.settings import Settings
from conformance.subject.command import Command
from conformance.trials.harness import Harness
from conformance.trials.learning.knowledge import Knowledge
from conformance.trials.learning.session import learn
from conformance.trials.learning.starts import is_risky
from conformance.trials.probe_run import probe_run

SERVING = re.compile(r"(?<![a-z])(?:http|web|api)(?![a-z])", re.IGNORECASE)


def declare(parser: argparse.ArgumentParser) -> None:
    """Declare the command."""
    parser.usage = "%(prog)s [OPTIONS] -- COMMAND …"
    parser.description = (
        "Run the worker once, try its functions, and write down what the suite should know: its "
        "command, examples of the data that its functions took, and functions that are better not "
        "invoked."
    )
    parser.add_argument("command", nargs="+", metavar="COMMAND", help="starts the worker")
    parser.add_argument(
        "-o",
        "--output",
        type=Path,
        default=Path(configuration.FILE),
        metavar="FILE",
        help=f"where to write (default: {configuration.FILE})",
    )
    parser.add_argument("--no-invoke", action="store_true", help="invoke no function")
    parser.add_argument("--force", action="store_true", help="write over a file that is there")
    parser.set_defaults(run=_init)


def _init(options: argparse.Namespace) -> int:
    if options.output.exists() and not options.force:
        raise UsageError(f"{options.output} is there already; --force writes over it")
    command = shlex.join(options.command)
    settings = Settings(
        Command.parse(command), default_port=None, invoking=Invoking(disabled=options.no_invoke)
    )
    try:
        functions, knowledge = asyncio.run(_run(settings))
    except Inconclusive as reason:
        raise UsageError(f"the worker did not come up a second time: {reason}") from None
    risky = [name for name in functions if is_left_out(name)]
    replace_file(options.output, draft(command, functions, risky, knowledge))
    examples = sum(bool(learned.examples) for learned in knowledge.functions.values())
    print(f"{options.output}: {len(functions)} functions, {examples} with an example that works,")
    print(f"  {len(risky)} not to be invoked because of their names; look through it")
    print("judge the worker with: iii-conformance judge")
    return 0


def is_left_out(function_id: str) -> bool:
    """Whether the name of a function suggests that it is better not invoked.

    A function that serves HTTP may have such a name, too, but its effects stay within the worker.
    """
    return is_risky(SERVING.sub("", function_id))


async def _run(settings: Settings) -> tuple[list[str], Knowledge]:
    """What the worker registers, and what was learned about the functions that may be invoked."""
    first = await probe_run(settings)
    await first.close()
    functions = sorted(first.baseline.functions)
    if not first.baseline.workers:
        raise UsageError("no worker came to the engine; see `iii-conformance -- COMMAND`")
    risky = tuple(name for name in functions if is_left_out(name))
    settings = replace(settings, invoking=replace(settings.invoking, excluded=risky))
    if settings.invoking.disabled or not functions:
        return functions, Knowledge()
    harness = Harness(settings, first.baseline, await settings.subject.place())
    try:
        await harness.worker.start()
        await harness.presence.ready()
        return functions, await learn(harness)
    finally:
        await harness.close()
