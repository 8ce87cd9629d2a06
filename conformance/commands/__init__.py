"""The commands of ``iii-conformance``, one table.

A command's module is imported when the command runs, so that help appears at once. Its ``declare``
function takes the command's own argument parser, adds the arguments, and sets ``run``: a function
of the parsed options that returns the exit code.
"""

from __future__ import annotations

import argparse
import importlib
from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Command:
    """A command: its name, its function ``module:declare`` in ``conformance``, and a summary.

    A command that ``passes_on`` passes its words to pytest. Its ``run`` gets them as ``words``;
    what it declares is only for help and completion.
    """

    name: str
    function: str
    summary: str
    passes_on: bool = False

    def declare(self, parser: argparse.ArgumentParser) -> None:
        """Add the command's arguments to its parser."""
        module, _, function = self.function.partition(":")
        getattr(importlib.import_module(f"conformance.{module}"), function)(parser)


TABLE = """
judge            plugin.launch:declare                         judge a worker
fuzz             plugin.launch:declare_fuzz                    hunt for bugs in a worker
init             commands.init:declare                         write conformance.yaml from one run
invoke           commands.invoke:declare                       invoke functions, show the answers
record           commands.record:declare                       record a worker and an engine
expect           commands.expect:declare                       say what should have been recorded
replay           plugin.launch:declare_replay                  play scenarios at a worker
from-transcript  commands.record:declare_from_transcript       make a scenario of a transcript
matrix           commands.matrix:declare                       judge many workers side by side
compare          commands.compare:declare                      show what changed between two reports
merge            commands.merge:declare                        make one report of several shares
watch            commands.watch:declare                        judge again when files change
engine           commands.engine:declare                       run a local engine
drift            commands.drift:declare                        show what changed between engines
list             commands.catalogue:declare_list               show every requirement, a line each
explain          commands.catalogue:declare_explain            show all that is known of some
doctor           commands.doctor:declare                       look at what this machine lacks
annotate         commands.annotate:declare                     annotate a job on GitHub
completion       commands.completion:declare                   print completion for a shell
docs             commands.catalogue:declare_docs               write the page of requirements
"""

PASSING_ON = ("judge", "fuzz", "replay", "watch")


def _read(line: str) -> Command:
    name, function, summary = line.split(maxsplit=2)
    return Command(name, function, summary, name in PASSING_ON)


COMMANDS: Mapping[str, Command] = {
    command.name: command for command in map(_read, TABLE.strip().splitlines())
}
"""Every command by its name, in the order of the help."""
