"""What the processes of pytest-xdist are for: fuzzing campaigns, which keep a CPU core busy.

Everything else depends on trials, whose waits already overlap in one process. More processes would
play the same trials again, and slow each other down. So ``-n`` changes nothing unless something is
fuzzed; then one process gets everything that depends on trials.
"""

from __future__ import annotations

from typing import Any

import pytest

from conformance.errors import UsageError

NOTE = "one process plays all trials, side by side; -n spreads --fuzz alone"


def is_asked_for(config: pytest.Config) -> bool:
    """Whether the user asks for several processes; asked in the process that would control them."""
    return bool(config.getoption("tx", default=None))


def is_worker(config: pytest.Config) -> bool:
    """Whether this is one of several processes, and not the controlling one."""
    return hasattr(config, "workerinput")


def arrange(config: pytest.Config, *, fuzzes: bool, starts: bool) -> str:
    """Let xdist start processes only if they are of use; return a note for the user, if any.

    ``fuzzes`` is whether the run does, ``starts`` whether the suite starts the worker.

    xdist looks at its options after this.

    Raises:
        UsageError: several processes are asked for, and there is one worker.
    """
    if not is_asked_for(config):
        return ""
    if fuzzes:
        if not starts:
            raise UsageError(
                "--worker-attach is for one process; there is one worker: leave -n out"
            )
        return ""
    config.option.tx, config.option.dist, config.option.numprocesses = [], "no", None
    return NOTE


def scheduler(config: pytest.Config, log: Any) -> Any:
    """Deals out campaigns one by one, and everything that depends on trials to one process."""
    from xdist.scheduler import LoadScopeScheduling  # is there where this is called

    class ByTrials(LoadScopeScheduling):  # type: ignore[misc]
        def _split_scope(self, nodeid: str) -> str:
            return nodeid if nodeid.startswith("fuzz::") else "trials"

    return ByTrials(config, log)
