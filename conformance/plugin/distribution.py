"""What the processes of pytest-xdist are for: campaigns of fuzzing, which keep a processor busy.

Everything else rests on trials, and the waits of trials overlap in one process already. More
processes would play the same trials again, and slow each other down. So ``-n`` changes nothing
where nothing is fuzzed; where something is, one process gets all that rests on trials.
"""

from __future__ import annotations

from typing import Any

import pytest

from conformance.errors import UsageError

NOTE = "one process plays all trials, side by side; -n spreads --fuzz alone"


def is_asked_for(config: pytest.Config) -> bool:
    """Whether the user asks for several processes, in the process that would control them."""
    return bool(config.getoption("tx", default=None))


def is_worker(config: pytest.Config) -> bool:
    """Whether this is one of several processes, and not the one that controls them."""
    return hasattr(config, "workerinput")


def arrange(config: pytest.Config, *, fuzzes: bool, starts: bool) -> str:
    """Have xdist start processes only where they are of use; what to tell the user, if anything.

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
    """Deals out the campaigns one by one, and everything that rests on trials to one process."""
    from xdist.scheduler import LoadScopeScheduling  # is there where this is called

    class ByTrials(LoadScopeScheduling):  # type: ignore[misc]
        def _split_scope(self, nodeid: str) -> str:
            return nodeid if nodeid.startswith("fuzz::") else "trials"

    return ByTrials(config, log)
