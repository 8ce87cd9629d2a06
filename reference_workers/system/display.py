"""The display of a system: a live table in a terminal, plain lines elsewhere."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence
from types import TracebackType
from typing import Any, Protocol, Self

HEADS = ("name", "state", "pid", "functions", "restarts")
COLOURS = {"ready": "green", "starting": "yellow", "waiting": "yellow", "failed": "red"}


class Row(Protocol):
    """The displayed facts of one process."""

    @property
    def name(self) -> str: ...  # noqa: D102
    @property
    def state(self) -> str: ...  # noqa: D102
    @property
    def pid(self) -> int | None: ...  # noqa: D102
    @property
    def functions(self) -> int: ...  # noqa: D102
    @property
    def restarts(self) -> Any: ...  # noqa: D102


class Display:
    """Plain lines, one for each change."""

    def __enter__(self) -> Self:
        """Begin."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """End."""

    def say(self, text: str) -> None:
        """Write a line."""
        print(text, flush=True)

    def show(self, changed: Row, everybody: Sequence[Row]) -> None:
        """Show a process whose state changed."""
        del everybody
        more = f", pid {changed.pid}" if changed.pid else ""
        more += f", {changed.functions} functions" if changed.functions else ""
        self.say(f"{changed.name}: {changed.state}{more}")


class LiveTable(Display):
    """A table of all processes, redrawn on each change (needs rich)."""

    def __init__(self) -> None:
        from rich.live import Live

        self._live = Live(auto_refresh=False)

    def __enter__(self) -> Self:
        """Begin to draw."""
        self._live.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Leave the last table on the screen."""
        self._live.stop()

    def say(self, text: str) -> None:
        """Write a line above the table."""
        self._live.console.print(text, markup=False, highlight=False)

    def show(self, changed: Row, everybody: Sequence[Row]) -> None:
        """Draw the table."""
        del changed
        from rich.table import Table

        table = Table(*HEADS)
        for name, state, *others in map(cells, everybody):
            table.add_row(name, f"[{COLOURS.get(state, 'default')}]{state}", *others)
        self._live.update(table, refresh=True)


def cells(row: Row) -> tuple[str, ...]:
    """A row of a table."""
    restarts = getattr(row.restarts, "count", row.restarts)
    numbers = (row.pid or "", row.functions or "", restarts or "")
    return (row.name, str(row.state), *map(str, numbers))


def plain_table(rows: Iterable[Sequence[str]]) -> str:
    """A table of plain text."""
    whole = [HEADS, *rows]
    widths = [max(len(row[column]) for row in whole) for column in range(len(HEADS))]
    lines = ("  ".join(f"{c:<{w}}" for c, w in zip(row, widths, strict=True)) for row in whole)
    return "\n".join(line.rstrip() for line in lines)


def best_display() -> Display:
    """A table in a terminal if rich is installed, plain lines otherwise."""
    if not sys.stdout.isatty():
        return Display()
    try:
        return LiveTable()
    except ImportError:
        return Display()
