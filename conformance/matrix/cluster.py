"""A Dask cluster that judges the workers of a matrix (extra ``cluster``).

Each task runs on some machine of the cluster, in the same folder as here: the workers' programs
must be there. Its results are returned as files. A task whose machine is lost is run again on
another one.
"""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any

from conformance.errors import UsageError
from conformance.matrix.plan import Candidate
from conformance.matrix.run import build
from conformance.matrix.task import Ending, Runs, Task

REPEATS = 3
"""How often a task that ended because of a fault of its machine is restarted."""

CONNECTING = 10.0
"""Seconds within which a scheduler must answer."""


class Cluster:
    """The machines behind a scheduler, given as ``tcp://HOST:PORT``.

    ``client`` is Dask's name for the connection to the scheduler, which must answer ``within`` so
    many seconds.
    """

    def __init__(self, scheduler: str, within: float = CONNECTING) -> None:
        try:
            import distributed
        except ImportError:
            raise UsageError(
                "--cluster takes the extra `cluster`: pip install 'iii-conformance[cluster]'"
            ) from None
        try:
            self.client: Any = distributed.Client(  # type: ignore[no-untyped-call]
                scheduler, timeout=within
            )
        except (OSError, TimeoutError, ValueError) as fault:
            raise UsageError(
                f"--cluster: no scheduler answers at {scheduler}: {fault}; start one with "
                "`dask scheduler`, or give its address"
            ) from None
        self._waiting = ThreadPoolExecutor(thread_name_prefix="cluster")

    def build(self, candidate: Candidate) -> str:
        """Build a worker on every machine; what went wrong on one of them, or an empty text."""
        faults: dict[str, str] = self.client.run(build, candidate) if candidate.build else {}
        return next((f"{where}: {fault}" for where, fault in faults.items() if fault), "")

    def submit(self, task: Task, folder: Path) -> Future[Ending]:
        """Begin to judge a worker on some machine."""
        future = self.client.submit(judge, task, key=f"{task.name}-{task.digest}", retries=REPEATS)
        return self._waiting.submit(_taken_over, future, folder)

    def stop(self) -> None:
        """End what is still running, and leave the cluster."""
        self._waiting.shutdown(wait=False, cancel_futures=True)
        self.client.close()


def judge(task: Task) -> tuple[Ending, Mapping[str, bytes]]:
    """Judge on this machine; return how that ended, and the files that it wrote."""
    runs = Runs()
    with tempfile.TemporaryDirectory(prefix="conformance-") as name:
        folder = Path(name)
        try:
            ending = runs.run(task, folder)
        finally:
            runs.stop()
        files = [path for path in folder.rglob("*") if path.is_file()]
        return ending, {path.relative_to(folder).as_posix(): path.read_bytes() for path in files}


def _taken_over(future: Any, folder: Path) -> Ending:
    """Wait for a task of the cluster, and put its files where a local run would have put them."""
    ending: Ending
    ending, files = future.result()
    for name, content in files.items():
        file = folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content)
    return ending
