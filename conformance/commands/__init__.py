"""The commands of ``python -m conformance``, a module each.

A module has ``add``, which declares its command; the command's function takes the parsed options
and returns the exit code.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from conformance.commands import catalogue, doctor, invoke, matrix, record, replay

if TYPE_CHECKING:
    from conformance.commands.parsing import Commands

ADD: Sequence[Callable[[Commands], None]] = (
    catalogue.add,
    doctor.add,
    invoke.add,
    matrix.add,
    record.add,
    replay.add,
)
