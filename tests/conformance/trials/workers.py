"""Workers of a few lines: a right one, which does something first."""

from __future__ import annotations

import sys
import textwrap
from pathlib import Path

from conformance.subject.command import Command

ROOT = Path(__file__).parents[3]


def written(folder: Path, before: str) -> Command:
    """The command of a right worker that does something first."""
    file = folder / "worker.py"
    file.write_text(
        f"import sys\nsys.path.insert(0, {str(ROOT)!r})\n"
        "from tests.mutants.worker import Worker, main\n"
        f"{textwrap.dedent(before)}\nmain(Worker)\n"
    )
    return Command((sys.executable, str(file)), f"python {file}")
